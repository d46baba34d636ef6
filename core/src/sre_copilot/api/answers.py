"""What is answered about clusters, issues and decisions now."""

from __future__ import annotations

import falcon

from sre_copilot.api.desk import Desk
from sre_copilot.api.documents import ServedDecision
from sre_copilot.api.parameters import CLUSTER, ISSUES, SEVERITY, Asked
from sre_copilot.api.rendering import Sheet, fresh_headers
from sre_copilot.api.rows import ServedCluster, ServedIssue
from sre_copilot.api.serving import served_cluster, served_decision, served_issues


async def issues(desk: Desk, asked: Asked) -> Sheet[ServedIssue]:
    """The issues of one cluster: open ones first, then the newest first."""
    now = desk.clock()
    standing = await desk.board.standing(asked[CLUSTER])
    severity = asked[SEVERITY]
    found = [row for row in served_issues(standing, now) if severity is None or row.severity == severity.value]
    found.sort(key=lambda row: row.opened_at, reverse=True)
    found.sort(key=lambda row: row.resolved_at is not None)
    return Sheet(tuple(found[: asked[ISSUES]]), fresh_headers(standing, now))


async def clusters(desk: Desk, _asked: Asked) -> Sheet[ServedCluster]:
    """Every watched cluster, in short, by name."""
    standings = await desk.board.standings()
    now = desk.clock()
    degraded = (("Copilot-Degraded", str(standings.degraded).lower()),)
    return Sheet(tuple(served_cluster(one, now) for one in standings.value), degraded)


async def decision(desk: Desk, asked: Asked) -> ServedDecision:
    """One decision with its evidence."""
    wanted = asked.in_path("id")
    found = await desk.timed(desk.store.status_at(wanted))
    if found is None:
        raise falcon.HTTPNotFound(
            title="No such decision",
            description=f"There is no decision {wanted[:60]!r}. /status says the newest one; old ones go with time.",
        )
    return served_decision(found, desk.clock())
