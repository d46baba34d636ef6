"""What the canary means for health: nothing while it is off, Critical when it never comes back."""

from __future__ import annotations

from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import HealthState, MissingReason
from tests.rules import ENGINE, NO_WORKERS, STEADY, observe


def decided(*observations: Observation) -> list[Decision]:
    decisions: list[Decision] = []
    memory = Memory()
    for observation in observations:
        decisions.append(ENGINE.decide(memory, observation))
        memory = decisions[-1].memory
    return decisions


def test_a_canary_that_is_off_leaves_everything_visible() -> None:
    decisions = decided(*(observe(STEADY, cycle, missing=MissingReason.NO_DATA) for cycle in range(3)))
    assert decisions[-1].state is HealthState.HAPPY
    assert decisions[-1].visibility == 1.0


def test_a_canary_that_never_comes_back_is_critical_and_has_a_cause() -> None:
    lost = {**STEADY, "canary.success": 0.0}
    decisions = decided(observe(STEADY, 0), *(observe(lost, cycle) for cycle in range(1, 4)))
    assert decisions[1].state is HealthState.STRESSED
    assert decisions[-1].state is HealthState.CRITICAL
    assert decisions[-1].cause.key == "overload"


def test_a_canary_that_comes_back_excuses_nobody() -> None:
    dead = {**NO_WORKERS, "canary.success": 1.0, "canary.round_trip": 0.02}
    decisions = decided(observe(STEADY, 0), *(observe(dead, cycle) for cycle in range(1, 4)))
    assert decisions[-1].state is HealthState.CRITICAL
    assert decisions[-1].cause.key == "no_workers"
