"""What a demonstration plays, and what it refuses to play."""

from __future__ import annotations

import pytest

from sre_copilot.demo.live_view import sparkline
from sre_copilot.demo.scenarios import LEAST_DURATION, Scenario, acts
from sre_copilot_hookspecs import CopilotError


@pytest.mark.parametrize("scenario", [None, *(each.value for each in Scenario)])
@pytest.mark.parametrize("duration", [LEAST_DURATION, 150.0])
def test_the_acts_fill_the_duration(scenario: str | None, duration: float) -> None:
    played = acts(scenario, duration)
    assert sum(act.before + act.held + act.after for act in played) == pytest.approx(duration)


def test_half_of_every_act_with_a_fault_is_left_to_recover_in() -> None:
    for act in acts(None, 300):
        assert act.fault is not None
        assert act.after >= act.held


def test_a_steady_run_breaks_nothing() -> None:
    assert [act.fault for act in acts("steady", 60)] == [None]


def test_the_story_plays_several_faults() -> None:
    assert len({act.fault for act in acts(None, None)}) >= 3


@pytest.mark.parametrize("scenario", ["no-wokers", "", "NO-WORKERS"])
def test_an_unknown_scenario_is_refused_with_the_known_ones(scenario: str) -> None:
    with pytest.raises(CopilotError, match="no-workers, saturated-workers"):
        acts(scenario, 60)


@pytest.mark.parametrize("duration", [-5.0, 0.0, 9.9, float("nan"), float("inf")])
def test_a_duration_that_shows_nothing_is_refused(duration: float) -> None:
    with pytest.raises(CopilotError, match="--duration"):
        acts("steady", duration)


def test_a_sparkline_spans_its_values_and_stays_low_when_flat() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5, 5]) == "▁▁▁"
    assert sparkline([]) == ""
