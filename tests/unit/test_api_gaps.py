"""Silence in a timeline."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant

from sre_copilot.api.gaps import with_gaps
from sre_copilot.api.rows import ServedEntry
from sre_copilot.store import Timeline, TimelineRow
from tests.integration.decided import CYCLE, at


def row(cycle: float) -> TimelineRow:
    return TimelineRow(f"{cycle}", at(cycle), "happy", "happy", "none", "All well.", 1.0, "normal", "starter", CYCLE)


def shown(timeline: Timeline, since: Instant, until: Instant, now: Instant) -> list[tuple[Instant, str]]:
    return [(entry.at, entry.state) for entry in with_gaps("prod", timeline, since, until, now)]


def test_no_gap_without_three_missed_cycles():
    timeline = Timeline((row(1), row(2), row(5)), row(0))
    assert shown(timeline, at(1), at(9), at(8)) == [(at(1), "happy"), (at(2), "happy"), (at(5), "happy")]


def test_a_gap_begins_when_readers_stopped_knowing():
    timeline = Timeline((row(1), row(9)), row(0))
    assert shown(timeline, at(1), at(10), at(10)) == [
        (at(1), "happy"),
        (at(4), "unknown"),
        (at(9), "happy"),
    ]


def test_a_gap_at_the_end_ends_now_and_not_in_the_future():
    timeline = Timeline((row(1),), row(0))
    assert shown(timeline, at(1), at(99), at(4)) == [(at(1), "happy")]
    assert shown(timeline, at(1), at(99), at(4.1)) == [(at(1), "happy"), (at(4), "unknown")]
    assert shown(timeline, at(1), at(3), at(99)) == [(at(1), "happy")]


def test_before_the_first_decision_nothing_is_known():
    assert shown(Timeline((row(5),)), at(0), at(6), at(6)) == [(at(0), "unknown"), (at(5), "happy")]
    assert shown(Timeline((row(0),)), at(0), at(1), at(1)) == [(at(0), "happy")]
    assert shown(Timeline(()), at(0), at(6), at(6)) == [(at(0), "unknown")]


def test_a_gap_that_began_earlier_begins_with_the_span():
    assert shown(Timeline((), row(0)), at(10), at(20), at(30)) == [(at(10), "unknown")]


def test_nothing_is_said_about_the_future():
    assert shown(Timeline((), row(0)), at(10), at(20), at(1)) == []


@given(
    st.lists(st.integers(0, 60), unique=True).map(sorted),
    st.integers(1, 8),
    st.integers(0, 30),
    st.integers(0, 70),
)
def test_pages_together_are_the_whole(cycles: list[int], limit: int, first: int, now: int):
    """As the store pages: the same rows and gaps come out, whatever the limit."""

    def page(since: Instant, limit: int) -> Timeline:
        inside = [row(cycle) for cycle in cycles if at(cycle) >= since and at(cycle) < at(61)]
        earlier = [row(cycle) for cycle in cycles if at(cycle) < since]
        return Timeline(
            tuple(inside[:limit]),
            earlier[-1] if earlier else None,
            inside[limit].at if len(inside) > limit else None,
        )

    whole = list(with_gaps("prod", page(at(first), 1000), at(first), at(61), at(now)))
    paged: list[ServedEntry] = []
    since: Instant | None = at(first)
    while since is not None:
        found = page(since, limit)
        paged += with_gaps("prod", found, since, at(61), at(now))
        since = found.next
    assert [attrs.evolve(entry, next=None) for entry in paged] == whole
    assert all(entry.next is None for entry in whole)
    assert [entry.at for entry in whole] == sorted({entry.at for entry in whole})
