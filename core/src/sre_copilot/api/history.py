"""What was: the timeline of states, and the values of signals over time."""

from __future__ import annotations

from itertools import islice

import attrs
import falcon
import msgspec
from whenever import Instant, TimeDelta

from sre_copilot.api.desk import Desk
from sre_copilot.api.gaps import age_at, with_gaps
from sre_copilot.api.parameters import CLUSTER, END, MOST_ROWS, ROWS, SIGNAL, START, STEP, Asked
from sre_copilot.api.problems import BadParameter
from sre_copilot.api.rendering import Sheet, fresh_headers
from sre_copilot.api.rows import ServedEntry, ServedTrend
from sre_copilot.api.spans import Span, refuse_many_steps, span_of
from sre_copilot.api.steps import in_steps
from sre_copilot.health.memory import MISSED_CYCLES

DEFAULT_SPAN = TimeDelta(hours=24)
DEFAULT_TREND = TimeDelta(hours=1)
MOST_POINTS = 300
"""Steps of a trend: each is a whole status that the store has to unpack."""
POINTS = 60
"""Steps of a trend, where no step is asked for."""


async def timeline(desk: Desk, asked: Asked) -> Sheet[ServedEntry]:
    """The states of a span of time, and the gaps between them."""
    now = desk.clock()
    span = span_of(START, asked[START], END, asked[END], now=now, default=DEFAULT_SPAN)
    step, limit = asked[STEP], asked[ROWS]
    if step is not None:
        refuse_many_steps(span, step, MOST_ROWS)
    standing = await desk.board.standing(asked[CLUSTER])
    if standing.name is None:
        raise falcon.HTTPNotFound(title="No history", description="No cluster is watched yet.")
    rows = await (
        _decisions(desk, standing.name, span, limit, now)
        if step is None
        else _steps(desk, standing.name, span, step, limit, now)
    )
    return Sheet(rows, fresh_headers(standing, now))


async def _decisions(desk: Desk, cluster: str, span: Span, limit: int, now: Instant) -> tuple[ServedEntry, ...]:
    found = await desk.timed(desk.store.timeline(cluster, span.start, span.end, limit))
    return tuple(with_gaps(cluster, found, span.start, span.end, now))


async def _steps(desk: Desk, cluster: str, span: Span, step: int, limit: int, now: Instant) -> tuple[ServedEntry, ...]:
    found = await desk.timed(desk.store.stretches(cluster, span.start, span.end, MISSED_CYCLES))
    rows = tuple(islice(in_steps(cluster, found, span, step, now), limit + 1))
    if len(rows) <= limit:
        return rows
    return (*rows[: limit - 1], attrs.evolve(rows[limit - 1], next=rows[limit].at))


@attrs.frozen
class _Signal:
    key: str
    unit: str
    value: float | None


@attrs.frozen
class _Status:
    """What a trend needs of a stored status; the rest is not decoded."""

    observed_at: str
    primary_signals: list[_Signal] = attrs.field(factory=list)
    amplifiers: list[_Signal] = attrs.field(factory=list)


async def trend(desk: Desk, asked: Asked) -> Sheet[ServedTrend]:
    """Signals over time: in each step the last value that was read."""
    now = desk.clock()
    span = span_of(START, asked[START], END, asked[END], now=now, default=DEFAULT_TREND)
    step = asked[STEP] or max(1000, -(-span.milliseconds // POINTS))
    refuse_many_steps(span, step, MOST_POINTS)
    standing = await desk.board.standing(asked[CLUSTER])
    if standing.name is None:
        return Sheet((), fresh_headers(standing, now))
    found = await desk.timed(desk.store.stepped_statuses(standing.name, span.start, span.end, float(step)))
    points = [msgspec.json.decode(text, type=_Status) for text in found]
    units = _units(points, asked[SIGNAL])
    known = standing.status.primary_signals + standing.status.amplifiers if standing.status is not None else ()
    if asked[SIGNAL] is not None and not units and asked[SIGNAL] not in {row.key for row in known}:
        raise BadParameter(SIGNAL.name, f"There is no signal {asked[SIGNAL]!r}.", "Give a key of /status/signals.")
    rows = _trend_rows(standing.name, points, units, span, step, now)
    return Sheet(rows, fresh_headers(standing, now))


def _units(points: list[_Status], signal: str | None) -> dict[str, str]:
    """The unit of each signal that is asked for, by its key."""
    return {
        row.key: row.unit
        for point in points
        for row in (point.primary_signals if signal is None else point.primary_signals + point.amplifiers)
        if signal is None or row.key == signal
    }


def _trend_rows(
    cluster: str, points: list[_Status], units: dict[str, str], span: Span, step: int, now: Instant
) -> tuple[ServedTrend, ...]:
    by_step = {}
    for point in points:
        observed_at = Instant.parse_iso(point.observed_at)
        place = int((observed_at - span.start).total("milliseconds") // step)
        values = {row.key: row.value for row in point.primary_signals + point.amplifiers}
        by_step[place] = observed_at, values
    last = min(span.end, now)
    rows = []
    for place in range(-(-round((last - span.start).total("milliseconds")) // step)):
        seen_at, values = by_step.get(place, (None, {}))
        at = span.start + TimeDelta(milliseconds=place * step)
        age = None if seen_at is None else age_at(seen_at, now)
        rows += [
            ServedTrend(
                at=at,
                cluster=cluster,
                signal=key,
                unit=unit,
                value=values.get(key),
                observed_at=seen_at,
                age_seconds=age,
                stale=seen_at is None,
                degraded=False,
            )
            for key, unit in units.items()
        ]
    return tuple(rows)
