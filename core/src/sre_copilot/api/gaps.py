"""Where a timeline is silent: a gap is a row of its own, so that no picture draws over it."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from whenever import Instant

from sre_copilot.api.freshness import UNKNOWN, silent_from
from sre_copilot.api.rows import ServedEntry
from sre_copilot.store import Timeline, TimelineRow


def with_gaps(cluster: str, timeline: Timeline, since: Instant, until: Instant, now: Instant) -> Iterator[ServedEntry]:
    """The decisions of a span of time, with an unknown row wherever three cycles were missed.

    Pages that follow each other have the same rows as one long page; the last row of each tells where to go on.
    """
    rows = _rows(cluster, timeline, since, until, now)
    previous = next(rows, None)
    for row in rows:
        assert previous is not None
        yield previous
        previous = row
    if previous is not None:
        yield previous if timeline.next is None else _going_on(previous, timeline.next)


def _going_on(row: ServedEntry, where: Instant) -> ServedEntry:
    return attrs.evolve(row, next=where)


def _rows(cluster: str, timeline: Timeline, since: Instant, until: Instant, now: Instant) -> Iterator[ServedEntry]:
    before = timeline.preceding
    for row in timeline.rows:
        yield from _gap(cluster, before, since, row.at, now)
        yield _entry(cluster, row, now)
        before = row
    yield from _gap(cluster, before, since, timeline.next or min(until, now), now)


def _gap(
    cluster: str, before: TimelineRow | None, since: Instant, until: Instant, now: Instant
) -> Iterator[ServedEntry]:
    begin = since if before is None else max(since, silent_from(before.at, before.cycle_seconds))
    if begin < until:
        yield gap(cluster, begin, None if before is None else before.at, now)


def gap(cluster: str, begin: Instant, observed_at: Instant | None, now: Instant) -> ServedEntry:
    """The row from ``begin`` on, while nothing was known since ``observed_at``."""
    reason = "Nothing was observed before."
    if observed_at is not None:
        reason = f"Nothing was observed after {observed_at.format_iso(unit='second')}."
    return ServedEntry(
        at=begin,
        cluster=cluster,
        state=UNKNOWN,
        cause="none",
        reason=reason,
        observed_at=observed_at,
        age_seconds=None if observed_at is None else age_at(observed_at, now),
        stale=True,
        degraded=False,
    )


def age_at(observed_at: Instant, now: Instant) -> float:
    """Seconds from an observation to now; an observation from the future is as old as none."""
    return max(0.0, round((now - observed_at).total("seconds"), 3))


def _entry(cluster: str, row: TimelineRow, now: Instant) -> ServedEntry:
    return ServedEntry(
        at=row.at,
        cluster=cluster,
        state=row.state,
        cause=row.cause,
        reason=row.reason,
        visibility=row.visibility,
        mode=row.mode,
        band=row.band,
        changed=row.changed,
        decision=row.id,
        ruleset=row.ruleset,
        observed_at=row.at,
        age_seconds=age_at(row.at, now),
        stale=False,
        degraded=False,
    )
