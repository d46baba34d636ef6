"""Issues: a cause that opens, stays while its evidence is there, and resolves when it is gone."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.health.decision import CauseVerdict
from sre_copilot.health.memory import OpenIssue


def follow(
    issues: tuple[OpenIssue, ...], cause: CauseVerdict, at: Instant, *, patience: int, critical: bool = False
) -> tuple[OpenIssue, ...]:
    """The open issues after this cycle. An issue's identity is its cause and service.

    :param patience: cycles without evidence after which an issue is over.
    :param critical: whether the cluster is Critical in this cycle.
    """
    # A cause that is carried through the aftermath has no evidence any more.
    evident = cause.key != "none" and not cause.carried
    kept = []
    for issue in issues:
        if evident and _same(issue, cause):
            kept.append(OpenIssue(issue.cause, issue.service, issue.since, 0, at, issue.critical or critical))
        elif issue.quiet_cycles + 1 < patience:
            kept.append(attrs.evolve(issue, quiet_cycles=issue.quiet_cycles + 1))
    if evident and not any(_same(issue, cause) for issue in kept):
        kept.append(OpenIssue(cause.key, cause.service, at, seen=at, critical=critical))
    return tuple(kept)


def _same(issue: OpenIssue, cause: CauseVerdict) -> bool:
    return (issue.cause, issue.service) == (cause.key, cause.service)
