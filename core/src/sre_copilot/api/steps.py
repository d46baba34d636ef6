"""A timeline in steps of one length, each with the worst that was true in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.api.freshness import UNKNOWN, silent_from
from sre_copilot.api.gaps import age_at, gap
from sre_copilot.api.rows import ServedEntry
from sre_copilot.api.spans import Span
from sre_copilot.store import Stretches
from sre_copilot_hookspecs import HealthState

WORST_FIRST = tuple(
    one.value for one in (HealthState.CRITICAL, HealthState.STRESSED, HealthState.UNKNOWN, HealthState.HAPPY)
)
"""A blind spot outweighs happiness: what happened in it is not known to be good."""


@attrs.frozen
class _Piece:
    """A state from ``begin`` to the next piece."""

    begin: Instant
    state: str
    cause: str
    reason: str
    decision: str | None
    observed_at: Instant | None


def in_steps(cluster: str, found: Stretches, span: Span, step: int, now: Instant) -> Iterator[ServedEntry]:
    """One row for each step of a span of time that has begun, beginning with the span.

    :param step: milliseconds.
    """
    pieces = [*_pieces(found, span, now)]
    last = min(span.end, now)
    edges = [*(piece.begin for piece in pieces), last]
    at, length, place, before = span.start, TimeDelta(milliseconds=step), 0, ""
    while at < last:
        until = min(at + length, last)
        while place + 1 < len(pieces) and edges[place + 1] <= at:
            place += 1
        inside = place + 1
        while inside < len(pieces) and edges[inside] < until:
            inside += 1
        row = _row(cluster, at, _worst(pieces[place:inside]), now)
        yield attrs.evolve(row, changed=bool(before) and row.state != before)
        before, at = row.state, until


def _worst(pieces: list[_Piece]) -> _Piece:
    return min(pieces, key=lambda piece: WORST_FIRST.index(piece.state))


def _row(cluster: str, at: Instant, piece: _Piece, now: Instant) -> ServedEntry:
    if piece.decision is None:
        return gap(cluster, at, piece.observed_at, now)
    assert piece.observed_at is not None
    return ServedEntry(
        at=at,
        cluster=cluster,
        state=piece.state,
        cause=piece.cause,
        reason=piece.reason,
        decision=piece.decision,
        observed_at=piece.observed_at,
        age_seconds=age_at(piece.observed_at, now),
        stale=False,
        degraded=False,
    )


def _pieces(found: Stretches, span: Span, now: Instant) -> Iterator[_Piece]:
    """States and gaps that cover the span without a hole, from its start on."""
    states = sorted((*_before(found, span), *_decided(found), *_after(found, span, now)), key=lambda one: one.begin)
    if not states or states[0].begin > span.start:
        yield _silence(span.start, None)
    # Where two begin together, the decision counts and not the silence before it.
    for one, after in pairwise([*states, None]):
        assert one is not None
        if after is None or after.begin > one.begin:
            yield one


def _before(found: Stretches, span: Span) -> Iterator[_Piece]:
    row = found.preceding
    if row is None:
        return
    silent = silent_from(row.at, row.cycle_seconds)
    if silent > span.start:
        yield _Piece(span.start, row.state, row.cause, row.reason, row.id, row.at)
    first = found.rows[0].begin if found.rows else span.end
    if silent < first:
        yield _silence(max(silent, span.start), row.at)


def _decided(found: Stretches) -> Iterator[_Piece]:
    for row in found.rows:
        if row.before is not None and row.before_cycle_seconds is not None:
            silent = silent_from(row.before, row.before_cycle_seconds)
            if silent < row.begin:
                yield _silence(silent, row.before)
        yield _Piece(row.begin, row.state, row.cause, row.reason, row.decision, row.begin)


def _after(found: Stretches, span: Span, now: Instant) -> Iterator[_Piece]:
    if found.last is None:
        return
    silent = silent_from(found.last.at, found.last.cycle_seconds)
    if silent < min(span.end, now):
        yield _silence(silent, found.last.at)


def _silence(begin: Instant, observed_at: Instant | None) -> _Piece:
    return _Piece(begin, UNKNOWN, "none", "", None, observed_at)
