"""Where a timeline is silent: a gap is a row of its own, so that no picture draws over it."""

from __future__ import annotations

from collections.abc import Iterator

from whenever import Instant

from sre_copilot.api.documents import ServedEntry
from sre_copilot.api.freshness import UNKNOWN, silent_from
from sre_copilot.store import Timeline, TimelineRow


def with_gaps(timeline: Timeline, since: Instant, until: Instant, now: Instant) -> Iterator[ServedEntry]:
    """The decisions of a span of time, with an unknown row wherever three cycles were missed.

    Pages that follow each other have the same rows as one long page.
    """
    before = timeline.preceding
    for row in timeline.rows:
        yield from _gap(before, since, row.at)
        yield _entry(row)
        before = row
    yield from _gap(before, since, timeline.next or min(until, now))


def _gap(before: TimelineRow | None, since: Instant, until: Instant) -> Iterator[ServedEntry]:
    if before is None:
        begin, reason = since, "Nothing was observed before."
    else:
        begin = max(since, silent_from(before.at, before.cycle_seconds))
        reason = f"Nothing was observed after {before.at.format_iso(unit='second')}."
    if begin < until:
        yield ServedEntry(begin, UNKNOWN, "none", reason)


def _entry(row: TimelineRow) -> ServedEntry:
    return ServedEntry(
        row.at, row.state, row.cause, row.reason, row.visibility, row.mode, row.band, row.changed, row.id, row.ruleset
    )
