"""What looks like an improvement and is only out of sight, or not yet settled."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import Band, Finding, HealthState, MissingReason, Mode, Pressure
from tests.rules import BUILTIN, DRAINING, ENGINE, NO_WORKERS, STEADY, observe
from tests.worlds import LOST, at_cycle, lose

INCIDENT = (observe(STEADY), *[observe(NO_WORKERS)] * 4)
WORKED_OFF = observe({**DRAINING, "matching.backlog_age": 2.0})
PRESSED = attrs.evolve(
    observe(STEADY),
    findings=(Finding("temporal.tasks_are_retried", Pressure.PRESSURE, "history", "So.", (("a.b", 1.0),), "Look."),),
)


def told(*observations: Observation) -> list[Decision]:
    memory, decisions = Memory(), []
    for cycle, observation in enumerate(observations):
        decisions.append(ENGINE.decide(memory, at_cycle(observation, cycle)))
        memory = decisions[-1].memory
    return decisions


@pytest.mark.parametrize("reason", LOST)
@pytest.mark.parametrize("lost", ["matching.drain", "matching.backlog"])
def test_a_recovery_that_cannot_be_seen_is_not_over(lost: str, reason: MissingReason) -> None:
    unseen = lose(WORKED_OFF, [lost], reason)
    decisions = told(*INCIDENT, WORKED_OFF, *[unseen] * BUILTIN.patience.forget)
    assert {decision.state for decision in decisions[6:]} == {HealthState.STRESSED}
    assert Mode.RECOVERING not in {decision.mode for decision in decisions[6:]}


def test_a_cluster_that_would_rise_into_a_stricter_band_does_not_recover_unseen() -> None:
    """0.3 s is fine for a small cluster and not for this one, which has just grown."""
    # So little is added that no floor under the throughput is judged: only the scale rule reads the transitions.
    few = {**STEADY, "demand.tasks_added": 0.4, "demand.workflow_tasks_added": 0.4}
    slow = observe({**few, "history.state_transitions": 54.0, "persistence.latency_p99": 0.6})
    better = observe({**few, "history.state_transitions": 60.0, "persistence.latency_p99": 0.3})
    small = observe({**few, "history.state_transitions": 40.0})
    seen, unseen = (
        told(small, slow, slow, *[each] * 5) for each in (better, lose(better, ["history.state_transitions"], LOST[0]))
    )
    assert seen[-1].band is Band.MID_SCALE
    assert unseen[-1].band is Band.STARTER
    assert {decision.state for decision in (*seen[3:], *unseen[3:])} == {HealthState.STRESSED}


def test_pressure_that_begins_does_not_end_stressed_for_one_cycle() -> None:
    states = [
        decision.state for decision in told(observe(STEADY), observe(NO_WORKERS), observe(STEADY), *[PRESSED] * 4)
    ]
    assert states[1:] == [HealthState.STRESSED] * 6
