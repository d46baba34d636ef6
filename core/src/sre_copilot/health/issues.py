"""Issues: a cause that opens, stays while its evidence is there, and resolves when it is gone."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.health.decision import CauseVerdict
from sre_copilot.health.memory import OpenIssue


def follow(issues: tuple[OpenIssue, ...], cause: CauseVerdict, at: Instant, *, patience: int) -> tuple[OpenIssue, ...]:
    """The open issues after this cycle. An issue's identity is its cause and service."""
    kept = []
    for issue in issues:
        if (issue.cause, issue.service) == (cause.key, cause.service):
            kept.append(attrs.evolve(issue, quiet_cycles=0))
        elif issue.quiet_cycles + 1 < patience:
            kept.append(attrs.evolve(issue, quiet_cycles=issue.quiet_cycles + 1))
    if cause.key != "none" and not any((issue.cause, issue.service) == (cause.key, cause.service) for issue in kept):
        kept.append(OpenIssue(cause.key, cause.service, at))
    return tuple(kept)
