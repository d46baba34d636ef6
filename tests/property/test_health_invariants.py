"""The invariants of the engine, on the built-in rules and any sequence of observations."""

from __future__ import annotations

import subprocess
import sys

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from sre_copilot.health.causes import FACTS
from sre_copilot.health.decision import Decision, Outcome
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.gates import Judge, thresholds_at
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot_hookspecs import (
    Band,
    Category,
    Direction,
    Finding,
    HealthState,
    Level,
    Missing,
    MissingReason,
    Mode,
    Pressure,
    Sample,
)
from tests.rules import BUILTIN, DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, STEADY, observe

RANK = {HealthState.UNKNOWN: 0, HealthState.HAPPY: 0, HealthState.STRESSED: 1, HealthState.CRITICAL: 2}
LOST = [reason for reason in MissingReason if reason is not MissingReason.NO_DATA]
PRIMARY = {rule.key for rule in BUILTIN.signals if rule.category is Category.PRIMARY}
FINDING = Finding(
    "temporal.tasks_are_retried",
    Pressure.PRESSURE,
    "history",
    "Retries.",
    (("history.task_attempts_p99", 9.0),),
    "Look.",
)


def values_around_thresholds(key: str) -> st.SearchStrategy[float]:
    numbers = sorted(
        {
            threshold.at(band)
            for gate in BUILTIN.gates
            for signal, name in ((gate.signal, gate.threshold), *((c.signal, c.threshold) for c in gate.when))
            if signal == key
            for threshold in BUILTIN.thresholds
            if threshold.key == name
            for band in Band
        }
    )
    interesting = [
        0.0,
        STEADY.get(key, 1.0),
        *numbers,
        *(n * 1.01 for n in numbers),
        *(n * 0.99 for n in numbers),
    ]
    return st.sampled_from(interesting) | st.floats(0, 1000)


BASES = (STEADY, NO_WORKERS, DRAINING, IDLE, {"frontend.reachable": 0.0}, PROBED)


@st.composite
def observations(draw: st.DrawFn, *, missing: bool = True) -> Observation:
    """One of the situations that matter, with some values moved to where thresholds are, or lost."""
    base = observe(draw(st.sampled_from(BASES)), missing=draw(st.sampled_from([MissingReason.NO_DATA, *LOST])))
    samples = dict(base.reading.samples)
    for key in draw(st.lists(st.sampled_from(sorted(STEADY)), max_size=4, unique=True)):
        if missing and draw(st.booleans()):
            samples[key] = Missing(draw(st.sampled_from(list(MissingReason))))
        else:
            samples[key] = Sample(draw(values_around_thresholds(key)))
    findings = (FINDING,) if draw(st.integers(0, 3)) == 0 else ()
    return attrs.evolve(base, reading=attrs.evolve(base.reading, samples=samples), findings=findings)


def decide_all(sequence: list[Observation]) -> list[Decision]:
    memory, decisions = Memory(), []
    for observation in sequence:
        decisions.append(ENGINE.decide(memory, observation))
        memory = decisions[-1].memory
    return decisions


def repeated(draw: st.DrawFn) -> list[Observation]:
    parts = draw(st.lists(st.tuples(observations(), st.integers(1, 5)), min_size=1, max_size=8))
    return [observation for observation, times in parts for _ in range(times)]


sequences = st.composite(repeated)()


@given(sequences)
def test_one_step_at_a_time(sequence: list[Observation]) -> None:
    for decision in decide_all(sequence):
        assert {decision.before, decision.state} != {HealthState.HAPPY, HealthState.CRITICAL}
        assert not (decision.before is HealthState.UNKNOWN and decision.state is HealthState.CRITICAL)


@given(sequences)
def test_only_primary_gates_lead_to_critical(sequence: list[Observation]) -> None:
    for decision in decide_all(sequence):
        if decision.state is HealthState.CRITICAL and decision.before is not HealthState.CRITICAL:
            critical = [gate for gate in decision.fired if gate.level is Level.CRITICAL]
            assert critical
            assert {gate.signal for gate in critical} <= PRIMARY


@given(sequences)
def test_critical_needs_consecutive_cycles(sequence: list[Observation]) -> None:
    """The counter advances by one with a fired critical gate, and otherwise stays or returns to zero."""
    streak = 0
    for decision in decide_all(sequence):
        fired = any(gate.level is Level.CRITICAL for gate in decision.fired)
        unreadable = decision.mode is Mode.BLIND or any(gate.unanswered for gate in decision.gates)
        counted = decision.memory.critical_cycles
        assert counted == streak + 1 if fired else counted in ((0, streak) if unreadable else (0,))
        if decision.mode is Mode.BLIND and not fired:
            assert counted == streak
        streak = counted
        if decision.state is HealthState.CRITICAL and decision.before is not HealthState.CRITICAL:
            assert counted >= BUILTIN.patience.critical


@given(sequences)
def test_leaving_critical_needs_the_recovery_margin(sequence: list[Observation]) -> None:
    for decision in decide_all(sequence):
        if decision.before is HealthState.CRITICAL and decision.state is not HealthState.CRITICAL:
            assert not any(gate.near for gate in decision.gates)
            assert not any(gate.level is Level.CRITICAL for gate in decision.fired)


@given(sequences, st.data())
def test_losing_a_signal_never_makes_the_state_healthier(sequence: list[Observation], data: st.DataObject) -> None:
    """Whatever improves with a signal gone would have improved at least as far with it there."""
    *before, last = sequence
    decisions = decide_all(before)
    memory = decisions[-1].memory if decisions else Memory()
    readable = sorted(key for key, found in last.reading.samples.items() if isinstance(found, Sample))
    lost = data.draw(st.lists(st.sampled_from(readable), unique=True)) if readable else []
    reason = Missing(data.draw(st.sampled_from(LOST)))
    # Only what was readable just before can be lost.
    seen = set(before[-1].reading.samples) if before else set()
    was = before[-1].reading.samples if before else {}
    lost = [key for key in lost if key in seen and isinstance(was[key], Sample)]
    samples = {**last.reading.samples, **dict.fromkeys(lost, reason)}
    darker = attrs.evolve(last, reading=attrs.evolve(last.reading, samples=samples))
    with_it, without = ENGINE.decide(memory, last), ENGINE.decide(memory, darker)
    if RANK[without.state] < RANK[memory.state]:
        assert RANK[with_it.state] <= RANK[without.state]


@given(sequences)
def test_blind_for_the_configured_cycles_is_at_least_stressed(sequence: list[Observation]) -> None:
    for decision in decide_all(sequence):
        if decision.memory.blind_cycles >= BUILTIN.patience.blind:
            assert RANK[decision.state] >= RANK[HealthState.STRESSED]


@given(sequences)
def test_idle_is_happy(sequence: list[Observation]) -> None:
    for decision in decide_all(sequence):
        if decision.mode is Mode.IDLE:
            expected = HealthState.STRESSED if decision.before is HealthState.CRITICAL else HealthState.HAPPY
            assert decision.state is expected


@given(observations(), st.floats(1, 1e6))
def test_waiting_work_is_never_idle(observation: Observation, backlog: float) -> None:
    samples = {**observation.reading.samples, "matching.backlog": Sample(backlog)}
    waiting = attrs.evolve(observation, reading=attrs.evolve(observation.reading, samples=samples))
    assert ENGINE.decide(Memory(), waiting).mode is not Mode.IDLE


@given(
    observations(missing=False),
    st.sampled_from([g for g in BUILTIN.gates if g.level in (Level.CRITICAL, Level.STRESSED)]),
    st.floats(0, 1e6),
    st.sampled_from(list(Band)),
)
def test_worse_values_never_silence_a_gate(observation: Observation, gate: object, worse_by: float, band: Band) -> None:
    """At a fixed mode and band a gate that fires still fires when its value gets worse."""
    from sre_copilot_hookspecs import Gate

    assert isinstance(gate, Gate)
    found = observation.reading.samples[gate.signal]
    if not isinstance(found, Sample) or any(condition.signal == gate.signal for condition in gate.when):
        return
    shifted = found.value + worse_by if gate.direction is Direction.ABOVE else found.value - worse_by
    worse = attrs.evolve(observation.reading, samples={**observation.reading.samples, gate.signal: Sample(shifted)})
    thresholds = thresholds_at(band, BUILTIN.thresholds)
    before = Judge(observation.reading, thresholds).judge(gate, Mode.NORMAL)
    after = Judge(worse, thresholds).judge(gate, Mode.NORMAL)
    if before.outcome is Outcome.FIRED:
        assert after.outcome is Outcome.FIRED


@given(sequences)
def test_a_band_moves_one_step_and_falls_only_from_happy(sequence: list[Observation]) -> None:
    order = list(Band)
    before: Decision | None = None
    for decision in decide_all(sequence):
        if before is not None:
            step = order.index(decision.band) - order.index(before.band)
            assert abs(step) <= 1
            if step < 0:
                assert before.state is HealthState.HAPPY
        before = decision


@given(sequences)
def test_no_gate_and_no_pressure_means_no_cause(sequence: list[Observation]) -> None:
    """Nobody is blamed anew; on the way back to Happy the old cause stays named, marked as carried."""
    named: set[str] = set()
    for decision in decide_all(sequence):
        speaks = decision.fired or decision.findings or any(gate.near for gate in decision.gates)
        if not speaks and decision.memory.blind_cycles < BUILTIN.patience.blind:
            assert decision.cause.key == "none" or decision.cause.carried
        if decision.cause.carried:
            assert decision.cause.key in named
        named.add(decision.cause.key)
        if decision.state is HealthState.HAPPY:
            assert decision.cause.key == "none"


@given(sequences)
def test_a_missing_signal_never_makes_a_gate_clear(sequence: list[Observation]) -> None:
    for observation, decision in zip(sequence, decide_all(sequence), strict=True):
        for gate in decision.gates:
            found = observation.reading.samples.get(gate.signal)
            if gate.outcome is not Outcome.UNKNOWN and gate.level in FACTS and not gate.note:
                assert isinstance(found, Sample)


@settings(max_examples=30)
@given(sequences)
def test_a_receipt_computes_its_decision_again(sequence: list[Observation]) -> None:
    """Everything goes through JSON and comes out the same, and so does the decision computed from it."""
    memory = Memory()
    for observation in sequence:
        decision = ENGINE.decide(memory, observation)
        stored = from_json(to_json(Receipt(observation, memory, decision)), Receipt)
        assert ENGINE.decide(stored.before, stored.observation) == stored.decision == decision
        memory = decision.memory


def test_equal_inputs_give_equal_decisions_in_another_process() -> None:
    """Another process, with another hash seed, comes to the same bytes."""
    program = (
        "from tests.rules import *;from sre_copilot.health.encoding import to_json;"
        "from sre_copilot.health.memory import Memory;m=Memory();out=[]\n"
        "for i,v in enumerate([STEADY]*3+[NO_WORKERS]*5+[DRAINING]*5+[IDLE]*3):\n"
        "    d=ENGINE.decide(m,observe(v,i));m=d.memory;out.append(to_json(d))\n"
        "import hashlib;print(hashlib.sha256(''.join(out).encode()).hexdigest())"
    )
    from pathlib import Path

    folder = Path(__file__).parent.parent.parent
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(digests) == 1
