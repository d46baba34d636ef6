"""When cycles are due, and what fits into one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot.workflows import cadence

ANCHOR = Instant.from_utc(2026, 11, 1)
CYCLES = st.floats(min_value=1, max_value=3600)


def seconds(moment):
    return (moment - ANCHOR).total("seconds")


@pytest.mark.parametrize(("late", "due"), [(-1, 0), (0, 30), (0.2, 30), (29.999, 30), (30, 60), (95, 120), (-31, -30)])
def test_the_next_cycle_is_due_at_the_next_whole_distance(late, due):
    after = ANCHOR + TimeDelta(seconds=late)
    assert seconds(cadence.next_due(ANCHOR, 30.0, after)) == due


@given(CYCLES, st.floats(min_value=0, max_value=10**6))
def test_a_due_time_is_later_and_less_than_a_cycle_away(cycle, late):
    after = ANCHOR + TimeDelta(seconds=late)
    distance = (cadence.next_due(ANCHOR, cycle, after) - after).total("seconds")
    assert 0 < distance <= cycle + 1e-6


@given(CYCLES, st.integers(1, 10_000))
def test_lateness_does_not_add_up_from_run_to_run(cycle, number):
    """The due time of one cycle is the anchor of the next: on the whole they stay at whole distances."""
    due = ANCHOR
    for _ in range(min(number, 50)):
        due = cadence.next_due(due, cycle, due + TimeDelta(seconds=cycle / 3))
    assert abs(seconds(due) - min(number, 50) * cycle) < 1e-3


@given(CYCLES)
def test_a_cycle_has_room_for_its_parts(cycle):
    observing, recording = cadence.observation_deadline(cycle), cadence.recording_deadline(cycle)
    assert observing < 8
    assert observing < 0.6 * cycle
    assert observing + recording < cycle
    assert cadence.sticky_timeout(cycle) <= cycle / 5 + 1e-9


def test_a_lost_task_is_given_on_within_a_cycle_of_five_seconds():
    # Found lost, given on, and observed once more: together with the cycle before, less than two cycles.
    assert cadence.task_timeout(5.0) + cadence.observation_deadline(5.0) < 5.0
