"""Amplifier evaluators: what each finds, and that it needs more than one reading, a gap or chance."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.decide import Engine
from sre_copilot.health.memory import Memory
from sre_copilot.health.resolve import resolve
from sre_copilot_dsql import health as dsql
from sre_copilot_hookspecs import (
    Band,
    Finding,
    HealthState,
    Missing,
    MissingReason,
    Pressure,
    Reading,
    Sample,
    Threshold,
    Window,
)
from sre_copilot_temporal import evaluators as temporal
from tests.rules import BUILTIN, CYCLE, EVALUATORS, IDLE, SIGNALS, START, STEADY, builtin_declarations, observe

PRESSED: dict[str, dict[str, float]] = {
    "temporal.slots_nearly_full": {"workers.slots_used_share": 0.95},
    "temporal.work_meets_no_waiting_worker": {"matching.sync_match_share": 0.1},
    "temporal.activities_fail": {"workflows.activity_failure_share": 0.8, "workflows.activity_tasks_failed": 4.0},
    "temporal.closes_behind_starts": {"demand.workflow_starts": 10.0, "workflows.closes": 2.0},
    "temporal.tasks_are_retried": {"history.task_attempts_p99": 9.0},
    "temporal.workflows_are_contended": {"history.busy_workflows": 4.0},
    "temporal.locks_are_missed": {"history.lock_failures": 4.0},
    "temporal.updates_collide": {"persistence.update_conflicts": 80.0},
    "temporal.shards_are_hot": {"history.pending_tasks_p99": 3000.0, "history.lock_wait_p99": 0.4},
    "temporal.cache_is_small": {"history.cache_hit_ratio": 0.5, "history.cache_evictions": 20.0},
    "temporal.runtime_pauses": {"runtime.gc_pause_p99": 0.3},
    "temporal.requests_are_turned_away": {"frontend.resource_exhausted": 3.0},
    "temporal.internal_tasks_are_throttled": {"history.tasks_throttled": 4.0},
    "temporal.database_limit_is_reached": {"persistence.resource_exhausted": 4.0},
    "temporal.membership_keeps_changing": {"deploy.membership_changes": 0.4},
    "temporal.services_restarted": {"deploy.restarts": 3.0},
    "temporal.host_is_starved": {"frontend.memory_latency": 0.4},
    "dsql.transactions_collide": {"dsql.conflicts": 60.0},
    "dsql.transactions_are_given_up": {"dsql.conflicts_exhausted": 1.0},
    "dsql.pool_is_full": {"dsql.pool_used": 0.97},
    "dsql.connections_are_waited_for": {"dsql.checkout_p95": 0.4},
    "dsql.reservoir_is_empty": {"dsql.empty": 2.0},
    "dsql.connections_churn": {"dsql.churn": 40.0},
}
RISING = {
    "temporal.backlog_is_deep": [
        {"matching.backlog": 1000.0 * n, "matching.tasks_dispatched": 5.0} for n in range(1, 13)
    ],
    "temporal.goroutines_multiply": [{"runtime.goroutines": 1000.0 * n} for n in range(1, 13)],
}
MANY = 12


def window(readings: list[dict[str, float]]) -> Window:
    return Window(tuple(observe({**STEADY, **each}, cycle).reading for cycle, each in enumerate(readings)))


def found(readings: Window) -> dict[str, Finding]:
    return {one.key: one for evaluator in EVALUATORS for one in evaluator.evaluate(readings).found}


def test_every_finding_is_tried_here() -> None:
    assert {key for evaluator in EVALUATORS for key in evaluator.finds} == {*PRESSED, *RISING}


@pytest.mark.parametrize("key", PRESSED)
def test_pressure_that_lasts_is_found_alone_with_its_evidence_and_its_remedy(key: str) -> None:
    findings = found(window([PRESSED[key]] * MANY))
    assert set(findings) == {key}
    evidence = dict(findings[key].evidence)
    assert evidence[next(iter(PRESSED[key]))] == next(iter(PRESSED[key].values()))
    assert evidence.keys() <= {signal.key for signal in SIGNALS}
    assert findings[key].remedy.endswith(".")
    assert findings[key].says.endswith(".")


@pytest.mark.parametrize("key", RISING)
def test_what_grows_all_the_time_is_found_and_what_stands_is_not(key: str) -> None:
    assert set(found(window(RISING[key]))) == {key}
    assert found(window([RISING[key][0]] * MANY)) == {}


@pytest.mark.parametrize("values", [STEADY, IDLE], ids=["steady", "idle"])
def test_a_healthy_cluster_has_no_findings(values: dict[str, float]) -> None:
    assert found(Window(tuple(observe(values, cycle).reading for cycle in range(MANY)))) == {}


@pytest.mark.parametrize(
    "key",
    sorted(set(PRESSED) - {"temporal.tasks_are_retried", "temporal.services_restarted", "temporal.host_is_starved"}),
)
def test_a_single_reading_is_not_enough(key: str) -> None:
    assert found(window([{}] * (MANY - 1) + [PRESSED[key]])) == {}


def test_no_evaluator_stumbles_over_nothing() -> None:
    nothing = {signal.key: Missing(MissingReason.UNREACHABLE) for signal in SIGNALS}
    for cycles in (1, MANY):
        readings = tuple(Reading(START + CYCLE * cycle, "test", nothing) for cycle in range(cycles))
        assert found(Window(readings)) == {}


@pytest.mark.parametrize("key", [*PRESSED, *RISING])
def test_a_finding_makes_a_happy_cluster_stressed_if_it_is_pressure_and_never_critical(key: str) -> None:
    engine, memory, states = Engine.of(BUILTIN), Memory(), []
    last = PRESSED.get(key, RISING[key][-1] if key in RISING else {})
    finding = found(window(RISING[key] if key in RISING else [last] * MANY))[key]
    for cycle in range(12):
        from sre_copilot.health.observation import Observation

        observation = Observation(observe(STEADY, cycle).reading, (finding,) if cycle >= 3 else ())
        decision = engine.decide(memory, observation)
        memory = decision.memory
        states.append(decision.state)
        named = decision.cause.key
    if finding.pressure is Pressure.PRESSURE:
        assert states == [HealthState.HAPPY] * 4 + [HealthState.STRESSED] * 8
        assert named != "none"
    else:
        assert states == [HealthState.HAPPY] * 12
        assert named == "none"


def test_samples_with_a_gap_are_no_streak() -> None:
    pressed = {**STEADY, "runtime.gc_pause_p99": 0.3}
    readings = [observe(pressed, 0).reading, observe(STEADY, 1).reading, observe(pressed, 2).reading]
    assert not isinstance(readings[1].samples["runtime.gc_pause_p99"], Sample)
    assert found(Window(tuple(readings))) == {}


LIMITS = [threshold for profile in (temporal.LIMITS, dsql.LIMITS) for threshold in profile.thresholds]


def test_every_number_of_an_evaluator_is_part_of_the_rules() -> None:
    compared = {gate.threshold for gate in BUILTIN.gates}
    compared |= {condition.threshold for gate in BUILTIN.gates for condition in gate.when}
    assert {rule.key for rule in BUILTIN.thresholds} - compared == {limit.key for limit in LIMITS}


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.key for limit in LIMITS])
def test_the_rules_say_what_an_evaluator_compares_with(limit: Threshold) -> None:
    """Somewhere a finding rests on the number: with one that nothing can be beyond it is not there any more."""
    lost = 0
    for readings in (*([PRESSED[key]] * MANY for key in PRESSED), *RISING.values()):
        as_declared = window(readings)
        for number in (-1e9, 1e9):
            others = attrs.evolve(as_declared, limits={limit.key: number})
            lost += not set(found(as_declared)) <= set(found(others))
    assert lost


def test_an_operator_sets_the_number_behind_a_finding_as_that_of_a_gate() -> None:
    rules = resolve(builtin_declarations(), overrides={"temporal.slots_nearly_full": 0.97})
    engine, builtin = Engine.of(rules), Engine.of(BUILTIN)
    full = window([PRESSED["temporal.slots_nearly_full"]] * MANY)
    assert engine.digest != builtin.digest
    assert found(attrs.evolve(full, limits=engine.limits(Memory()))) == {}
    assert found(attrs.evolve(full, limits=builtin.limits(Memory()))).keys() == {"temporal.slots_nearly_full"}


def test_the_numbers_are_those_of_the_band_that_the_cluster_was_in() -> None:
    key = "temporal.slots_nearly_full"
    by_band = tuple(
        Threshold(key, limit.unit, 0.1, 0.2, 0.3, "each its own") if limit.key == key else limit
        for limit in BUILTIN.thresholds
    )
    engine = Engine.of(attrs.evolve(BUILTIN, thresholds=by_band))
    assert [engine.limits(Memory(band=band))[key] for band in (None, *Band)] == [0.1, 0.1, 0.2, 0.3]
    fixed = Engine.of(attrs.evolve(BUILTIN, thresholds=by_band, fixed_band=Band.MID_SCALE))
    assert fixed.limits(Memory())[key] == 0.2
