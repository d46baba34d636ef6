"""What looks like an improvement and is only out of sight, or not yet settled."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.decide import Engine
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


def told(*observations: Observation, engine: Engine = ENGINE) -> list[Decision]:
    memory, decisions = Memory(), []
    for cycle, observation in enumerate(observations):
        decisions.append(engine.decide(memory, at_cycle(observation, cycle)))
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
    """0.3 s is fine for a small cluster and not for this one, which has just grown; only the scale rule says so."""
    scale = BUILTIN.scale.signal
    gates = [g for g in BUILTIN.gates if scale != g.signal and scale not in {c.signal for c in g.when}]
    engine = Engine.of(attrs.evolve(BUILTIN, gates=tuple(gates)))
    small = observe({**STEADY, scale: 40.0})
    slow = observe({**STEADY, scale: 54.0, "persistence.latency_p99": 0.6})
    better = observe({**STEADY, scale: 60.0, "persistence.latency_p99": 0.3})
    seen = told(small, slow, slow, *[better] * 5, engine=engine)
    unseen = told(small, slow, slow, *[lose(better, [scale], LOST[0])] * 5, engine=engine)
    assert (seen[-1].band, unseen[-1].band) == (Band.MID_SCALE, Band.STARTER)
    assert {decision.state for decision in (*seen[3:], *unseen[3:])} == {HealthState.STRESSED}


def test_pressure_that_begins_does_not_end_stressed_for_one_cycle() -> None:
    states = [
        decision.state for decision in told(observe(STEADY), observe(NO_WORKERS), observe(STEADY), *[PRESSED] * 4)
    ]
    assert states[1:] == [HealthState.STRESSED] * 6


def test_no_cycle_is_calm_while_an_incident_is_worked_off() -> None:
    """Nothing objects any more, and work that waited is still taken faster than new work comes."""
    decisions = told(*INCIDENT, *[WORKED_OFF] * 8, *[observe(STEADY)] * 3)
    recovering, after = decisions[len(INCIDENT) : -3], decisions[-3:]
    assert {decision.mode for decision in recovering} == {Mode.RECOVERING}
    assert not any(decision.fired for decision in recovering[1:])
    assert {(decision.state, decision.memory.calm_cycles) for decision in recovering} == {(HealthState.STRESSED, 0)}
    assert [decision.state for decision in after][-2:] == [HealthState.HAPPY] * 2
