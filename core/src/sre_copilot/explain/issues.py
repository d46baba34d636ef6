"""Issues as a reader sees them: those that are open after a decision, and those that it resolved."""

from __future__ import annotations

import uuid

from sre_copilot.explain.phrases import capital
from sre_copilot.explain.status import IssueRow
from sre_copilot.health.memory import OpenIssue
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset

_ISSUES = uuid.UUID("0f1b0c56-9c0b-4f6c-8f6e-2b8d6f2a7c11")
"""An arbitrary namespace of our own for the ids below."""


def issue_id(cluster: str, issue: OpenIssue) -> uuid.UUID:
    """The same for the whole life of an issue: its cluster, cause, service and opening."""
    return uuid.uuid5(_ISSUES, f"{cluster}\n{issue.cause}\n{issue.service}\n{issue.since.format_iso()}")


def issue_rows(ruleset: Ruleset, receipt: Receipt) -> tuple[IssueRow, ...]:
    """Open issues, then those that were open before this decision and are not any more.

    What is open is what the engine's memory says; there is no second account of it.
    """
    decision = receipt.decision
    still_open = {(issue.cause, issue.service, issue.since) for issue in decision.memory.issues}
    ended = [issue for issue in receipt.before.issues if (issue.cause, issue.service, issue.since) not in still_open]
    names = _Names.of(ruleset)
    rows = [_row(names, receipt, issue, resolved=False) for issue in decision.memory.issues]
    return (*rows, *(_row(names, receipt, issue, resolved=True) for issue in ended))


class _Names:
    """What causes and services are called."""

    def __init__(self, causes: dict[str, str], services: dict[str, str]) -> None:
        self._causes = causes
        self._services = services

    @classmethod
    def of(cls, ruleset: Ruleset) -> _Names:
        return cls(
            {cause.key: cause.name for cause in ruleset.causes},
            {service.key: service.name for service in ruleset.services},
        )

    def title(self, issue: OpenIssue) -> str:
        cause, service = self._causes.get(issue.cause, issue.cause), self._services.get(issue.service, issue.service)
        return f"{capital(cause)} ({service})"


def _row(names: _Names, receipt: Receipt, issue: OpenIssue, *, resolved: bool) -> IssueRow:
    decision = receipt.decision
    return IssueRow(
        id=str(issue_id(decision.cluster, issue)),
        cause=issue.cause,
        service=issue.service,
        severity="critical" if issue.critical else "warning",
        title=names.title(issue),
        opened_at=issue.since,
        updated_at=issue.seen or issue.since,
        resolved_at=decision.at if resolved else None,
    )
