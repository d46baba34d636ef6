"""Log patterns over time."""

from __future__ import annotations

from whenever import Instant, TimeDelta

from sre_copilot.api.desk import Desk
from sre_copilot.api.gaps import age_at
from sre_copilot.api.parameters import CLUSTER, SERVICE, SINCE, UNTIL, Asked
from sre_copilot.api.rendering import Sheet, fresh_headers
from sre_copilot.api.rows import ServedLogPattern
from sre_copilot.api.serving import fields
from sre_copilot.api.spans import span_of
from sre_copilot.explain.logs import log_rows
from sre_copilot.narrative.correlation import beside
from sre_copilot.store import LoggedPattern

DEFAULT_LOGS = TimeDelta(hours=1)
MOST_ROWS = 5_000
"""Rows of one answer. An hour of a noisy log has some hundred."""


async def logs(desk: Desk, asked: Asked) -> Sheet[ServedLogPattern]:
    """The log patterns of a span of time, one row for each window with such lines, newest window last."""
    now = desk.clock()
    span = span_of(SINCE, asked[SINCE], UNTIL, asked[UNTIL], now=now, default=DEFAULT_LOGS)
    standing = await desk.board.standing(asked[CLUSTER])
    if standing.name is None:
        return Sheet((), fresh_headers(standing, now))
    cluster = standing.name
    found = await desk.timed(
        desk.store.log_patterns(cluster, span.start, span.end, service=asked[SERVICE], limit=MOST_ROWS)
    )
    return Sheet(tuple(_row(cluster, one, now) for one in found), fresh_headers(standing, now))


def _row(cluster: str, logged: LoggedPattern, now: Instant) -> ServedLogPattern:
    (row,) = log_rows([beside(logged.pattern, logged.beside)])
    return ServedLogPattern(
        **fields(row),
        cluster=cluster,
        observed_at=logged.until,
        age_seconds=age_at(logged.until, now),
        stale=False,
        degraded=False,
    )
