"""Gates that compare a signal with its own past, and conditions that have to hold where the gate looks."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.baselines import FORGOTTEN_AFTER, LEAST, learn, usual
from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision, Outcome, Progress
from sre_copilot.health.gates import PreparedGates, thresholds_at
from sre_copilot.health.memory import BASELINE_LENGTH, Baseline, Memory
from sre_copilot.health.resolve import resolve
from sre_copilot.health.sentences import sentence
from sre_copilot_hookspecs import (
    Band,
    DeclarationError,
    Finding,
    Gate,
    HealthState,
    LabelledValue,
    Level,
    Missing,
    MissingReason,
    Mode,
    Pressure,
    Reading,
    Sample,
    Threshold,
    ThresholdProfile,
    Unit,
)
from sre_copilot_temporal.signals import persistence
from tests.rules import BUILTIN, ENGINE, IDLE, NO_WORKERS, START, STEADY, builtin_declarations, declared, observe

SLOW = {**STEADY, "persistence.latency_p99": 0.18, "persistence.latency_p95": 0.1}
"""Twenty-five times the usual 4 ms, and less than every band's limit but the largest's."""
CROWDED = {**STEADY, "persistence.latency_p99": 0.06, "persistence.latency_p95": 0.012}
"""A burst on a host shared with others: one operation in a hundred is late, most are not."""
RISE = "persistence.latency_rise_stressed"


def decided(*parts: tuple[dict[str, float], int], memory: Memory | None = None) -> list[Decision]:
    memory, decisions = memory or Memory(), []
    values = [part for part, cycles in parts for _ in range(cycles)]
    for cycle, each in enumerate(values):
        decisions.append(ENGINE.decide(memory, observe(each, cycle)))
        memory = decisions[-1].memory
    return decisions


def gate_of(decision: Decision, key: str = RISE) -> Outcome:
    return next(gate.outcome for gate in decision.gates if gate.key == key)


def test_a_rise_over_the_usual_is_stressed_and_blames_the_database() -> None:
    last = decided((STEADY, 6), (SLOW, 3))[-1]
    assert last.state is HealthState.STRESSED
    assert last.cause.key == "persistence_slow"
    assert [gate.key for gate in last.fired] == [RISE]


def test_without_a_past_nothing_is_called_unusual() -> None:
    first = decided((SLOW, 1))[-1]
    assert gate_of(first) is Outcome.UNKNOWN
    assert first.state is HealthState.HAPPY


def test_what_is_slow_is_not_learned_while_it_is_held_to_be_unusual() -> None:
    last = decided((STEADY, 6), (SLOW, 100))[-1]
    assert gate_of(last) is Outcome.FIRED
    usual_now = usual(last.memory.baselines)
    assert usual_now["persistence.latency_p95"] == pytest.approx(0.004)


@pytest.mark.parametrize("other", [IDLE, NO_WORKERS])
def test_only_a_cluster_at_work_and_in_health_teaches_what_is_usual(other: dict[str, float]) -> None:
    different = {**other, "persistence.latency_p95": 0.001}
    taught = decided((STEADY, 6))[-1].memory
    assert decided((different, 10), memory=taught)[-1].memory.baselines[0].values == taught.baselines[0].values


def test_one_spike_does_not_move_what_is_usual() -> None:
    values = (0.01,) * 5 + (3.0,)
    assert usual((Baseline("x.y", values),)) == {"x.y": pytest.approx(0.01)}


def test_a_little_is_no_rise_however_many_times_the_usual_it_is() -> None:
    """A database that answers in half a millisecond may answer in ten without anybody noticing."""
    fast = {**STEADY, "persistence.latency_p99": 0.0005, "persistence.latency_p95": 0.0005}
    last = decided((fast, 6), ({**fast, "persistence.latency_p99": 0.015, "persistence.latency_p95": 0.015}, 3))[-1]
    assert gate_of(last) is Outcome.CLEAR
    assert last.state is HealthState.HAPPY


@pytest.mark.parametrize("transitions", [30.0, 75.0, 700.0])
def test_the_slowest_operation_in_a_hundred_convicts_no_database(transitions: float) -> None:
    """Seen live after faults on a busy machine, where it held Stressed and named the database for minutes."""
    scale = {"history.state_transitions": transitions, "demand.tasks_added": transitions / 3}
    decisions = decided(({**STEADY, **scale}, 6), ({**CROWDED, **scale}, 10))
    assert {decision.state for decision in decisions} == {HealthState.HAPPY}
    assert {decision.cause.key for decision in decisions} == {"none"}


def test_under_a_multiple_of_the_usual_load_it_is_overload() -> None:
    busy = {**SLOW, "demand.workflow_starts": 45.0, "demand.tasks_added": 120.0, "matching.backlog_growth": 15.0}
    last = decided((STEADY, 6), (busy, 3))[-1]
    assert last.cause.key == "overload"


def test_the_memory_of_what_is_usual_is_bounded_and_forgets_after_a_day_without_calm() -> None:
    reading = Reading(START, "test", {"a.b": Sample(1.0)})
    baselines: tuple[Baseline, ...] = ()
    for _ in range(BASELINE_LENGTH + 5):
        baselines = learn(baselines, ("a.b",), reading, calm=True)
    assert len(baselines[0].values) == BASELINE_LENGTH
    for _ in range(FORGOTTEN_AFTER - 1):
        baselines = learn(baselines, ("a.b",), reading, calm=False)
    assert usual(baselines) == {"a.b": 1.0}
    assert learn(baselines, ("a.b",), reading, calm=False) == ()


def test_fewer_than_the_least_is_nothing_usual_and_a_gap_teaches_nothing() -> None:
    few = (Baseline("a.b", (1.0,) * (LEAST - 1)),)
    assert usual(few) == {}
    gap = Reading(START, "test", {"a.b": Missing(MissingReason.STALE)})
    assert learn(few, ("a.b",), gap, calm=True)[0].values == few[0].values


def test_losing_the_signal_makes_the_gate_unknown_and_not_clear() -> None:
    taught = decided((STEADY, 6), (SLOW, 2))[-1]
    dark = {key: value for key, value in SLOW.items() if key != "persistence.latency_p95"}
    lost = ENGINE.decide(taught.memory, observe(dark, 9, missing=MissingReason.UNREACHABLE))
    assert gate_of(lost) is Outcome.UNKNOWN
    assert lost.state is HealthState.STRESSED


def test_the_sentence_counts_in_times() -> None:
    last = decided((STEADY, 6), (SLOW, 1))[-1]
    gate = next(gate for gate in BUILTIN.gates if gate.key == RISE)
    result = next(result for result in last.gates if result.key == RISE)
    assert sentence(gate, result, Unit.SECONDS) == (
        "Database operations take 25 times as long as they usually do at the 95th percentile, over 5 times."
    )


def test_a_gate_on_ones_own_past_is_never_critical_and_compares_with_a_ratio() -> None:
    with pytest.raises(DeclarationError, match="cannot be critical"):
        Gate.above(persistence.LATENCY_P99, level=Level.CRITICAL, threshold="a.b", says="!", relative=True)
    gate = Gate.above(
        persistence.LATENCY_P99, level=Level.STRESSED, threshold="payments.s", says="!", key="payments.g", relative=True
    )
    profile = ThresholdProfile("payments", (Threshold.everywhere("payments.s", Unit.SECONDS, 1, source="-"),))
    base = builtin_declarations()
    more = attrs.evolve(
        base,
        gates=(*base.gates, *declared([gate], "payments")),
        threshold_profiles=(*base.threshold_profiles, *declared([profile], "payments")),
    )
    with pytest.raises(DeclarationError, match="has to be a ratio"):
        resolve(more)


ORDERS = (("namespace", "default"), ("task_type", "Workflow"), ("taskqueue", "orders"))
NEW = (("namespace", "default"), ("task_type", "Workflow"), ("taskqueue", "new"))
OLD = (("namespace", "default"), ("task_type", "Workflow"), ("taskqueue", "old"))


def pollers(orders: float, old: float, backlog: dict[tuple[tuple[str, str], ...], float]) -> dict[str, Sample]:
    by_queue = sorted(((OLD, old), (ORDERS, orders)), key=lambda pair: pair[1])
    waiting = sorted(backlog.items(), key=lambda pair: -pair[1])
    return {
        "workers.pollers": Sample(
            min(orders, old), series=tuple(LabelledValue(labels, value) for labels, value in by_queue)
        ),
        "matching.backlog": Sample(
            sum(backlog.values()), series=tuple(LabelledValue(labels, value) for labels, value in waiting)
        ),
    }


@pytest.mark.parametrize(
    ("samples", "outcome"),
    [
        (pollers(3, 0, {ORDERS: 900, OLD: 0}), Outcome.CLEAR),
        (pollers(3, 0, {ORDERS: 900, OLD: 4}), Outcome.FIRED),
        (pollers(0, 3, {ORDERS: 900, OLD: 4}), Outcome.FIRED),
        (pollers(0, 0, {ORDERS: 0, OLD: 0}), Outcome.CLEAR),
        (pollers(0, 0, {NEW: 900}), Outcome.CLEAR),
    ],
)
def test_one_queues_backlog_is_not_held_against_anothers_workers(samples: dict[str, Sample], outcome: Outcome) -> None:
    gate = next(gate for gate in BUILTIN.gates if gate.key == "workers.no_pollers")
    reading = Reading(START, "test", samples)
    gates = PreparedGates.of([gate], thresholds_at(Band.STARTER, BUILTIN.thresholds))
    (judged,) = gates.ask(reading.samples, {})
    assert judged.outcome is outcome
    if outcome is Outcome.FIRED:
        assert samples["matching.backlog"].series
        assert dict(judged.where)["taskqueue"] == (
            "old" if judged.value == 0 and "old" in str(judged.where) else "orders"
        )


def test_a_sample_that_is_too_old_is_unknown() -> None:
    limit = BUILTIN.visibility.stale_after
    old = observe(STEADY)
    aged = {
        key: attrs.evolve(s, age=limit + 1) if isinstance(s, Sample) else s for key, s in old.reading.samples.items()
    }
    decision = Engine.of(BUILTIN).decide(Memory(), attrs.evolve(old, reading=attrs.evolve(old.reading, samples=aged)))
    assert {gate.outcome for gate in decision.gates if gate.level is Level.CRITICAL} == {Outcome.UNKNOWN}
    assert (decision.mode, decision.state) == (Mode.BLIND, HealthState.UNKNOWN)
    assert decision.visibility < BUILTIN.visibility.blind_below


def test_metrics_that_stand_still_are_no_recovery_and_no_good_health() -> None:
    """A collector that repeats its last answer for ever reads like a dark one."""
    engine, memory = Engine.of(BUILTIN), Memory()
    for cycle in range(40):
        observation = observe(STEADY if cycle in (0, *range(6, 40)) else NO_WORKERS, cycle)
        if cycle >= 6:
            samples = observation.reading.samples
            aged = {key: attrs.evolve(s, age=300.0) if isinstance(s, Sample) else s for key, s in samples.items()}
            reading = attrs.evolve(observation.reading, samples=aged)
            observation = attrs.evolve(observation, reading=reading)
        decision = engine.decide(memory, observation)
        memory = decision.memory
        assert decision.state is HealthState.CRITICAL or cycle < 3
    assert decision.mode is Mode.BLIND
    assert {actor.progress for actor in decision.services} == {Progress.UNKNOWN}


def learned(memory: Memory, signal: str = "demand.tasks_added") -> tuple[float, ...]:
    return next(baseline.values for baseline in memory.baselines if baseline.signal == signal)


def test_the_present_is_no_lesson_before_the_cluster_is_happy_again() -> None:
    """The first calm cycle after trouble is still Stressed, and what it shows may be the trouble's end."""
    memory = Memory()
    for cycle, values in enumerate([STEADY] * 6 + [NO_WORKERS] * 2):
        memory = ENGINE.decide(memory, observe(values, cycle)).memory
    before = learned(memory)
    other = {**STEADY, "demand.tasks_added": 24.0}
    first = ENGINE.decide(memory, observe(other, 8))
    assert (first.state, first.mode, first.memory.calm_cycles) == (HealthState.STRESSED, Mode.NORMAL, 1)
    assert learned(first.memory) == before
    second = ENGINE.decide(first.memory, observe(other, 9))
    assert second.state is HealthState.HAPPY
    assert learned(second.memory) == (*before, 24.0)


def test_a_happy_cluster_under_pressure_teaches_nothing() -> None:
    memory = Memory()
    for cycle in range(6):
        memory = ENGINE.decide(memory, observe(STEADY, cycle)).memory
    pressure = Finding("temporal.tasks_are_retried", Pressure.PRESSURE, "history", "So.", (("a.b", 1.0),), "Look.")
    decision = ENGINE.decide(memory, observe({**STEADY, "demand.tasks_added": 24.0}, 6, findings=(pressure,)))
    assert (decision.state, decision.memory.calm_cycles) == (HealthState.HAPPY, 0)
    assert learned(decision.memory) == learned(memory)
