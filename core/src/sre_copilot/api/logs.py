"""Log patterns over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import msgspec
from whenever import Instant, TimeDelta

from sre_copilot.api.desk import Desk
from sre_copilot.api.gaps import age_at
from sre_copilot.api.parameters import CLUSTER, SERVICE, SINCE, UNTIL, Asked
from sre_copilot.api.rendering import Sheet, fresh_headers
from sre_copilot.api.rows import ServedLogPattern
from sre_copilot.api.serving import fields
from sre_copilot.api.spans import Span, span_of
from sre_copilot.explain.status import LogPatternRow

DEFAULT_LOGS = TimeDelta(hours=1)
LOOKS = 240
"""Statuses that are looked into, evenly over the span: each holds the patterns of its own window."""


@attrs.frozen
class Seen:
    """A pattern, and the instant of the decision that it was correlated with."""

    pattern: LogPatternRow
    at: Instant


@attrs.frozen
class _Status:
    """What is needed of a stored status; the rest is not decoded."""

    observed_at: Instant
    log_patterns: tuple[LogPatternRow, ...] = ()


async def logs(desk: Desk, asked: Asked) -> Sheet[ServedLogPattern]:
    """The log patterns of a span of time, newest window last."""
    now = desk.clock()
    span = span_of(SINCE, asked[SINCE], UNTIL, asked[UNTIL], now=now, default=DEFAULT_LOGS)
    standing = await desk.board.standing(asked[CLUSTER])
    if standing.name is None:
        return Sheet((), fresh_headers(standing, now))
    cluster = standing.name
    seen = await desk.timed(read_windows(desk, cluster, span))
    rows = tuple(
        _row(cluster, one, now) for one in seen if asked[SERVICE] is None or one.pattern.service == asked[SERVICE]
    )
    return Sheet(rows, fresh_headers(standing, now))


async def read_windows(desk: Desk, cluster: str, span: Span) -> tuple[Seen, ...]:
    """Every pattern window of a span of time once, from what was stored with the decisions."""
    step = max(1000.0, span.milliseconds / LOOKS)
    found = await desk.store.stepped_statuses(cluster, span.start, span.end, step)
    return tuple(_once(msgspec.json.decode(text, type=_Status, dec_hook=_understood) for text in found))


def _once(statuses: Iterable[_Status]) -> Iterator[Seen]:
    told = set()
    for status in statuses:
        for pattern in status.log_patterns:
            window = (pattern.key, pattern.service, pattern.first_at, pattern.last_at)
            if window not in told:
                told.add(window)
                yield Seen(pattern, status.observed_at)


def _understood(_kind: type, text: str) -> Instant:
    return Instant.parse_iso(text)


def _row(cluster: str, seen: Seen, now: Instant) -> ServedLogPattern:
    age = age_at(seen.at, now)
    return ServedLogPattern(
        **fields(seen.pattern), cluster=cluster, observed_at=seen.at, age_seconds=age, stale=False, degraded=False
    )
