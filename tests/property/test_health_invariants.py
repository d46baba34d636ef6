"""What every ruleset guarantees, on the built-in one and on valid ones that nobody wrote."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sre_copilot.health.causes import BLIND, FACTS
from sre_copilot.health.decision import Decision, GateResult, Outcome
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.gates import PreparedGates, thresholds_at
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.reasons import reason
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import (
    Band,
    Category,
    Direction,
    Gate,
    HealthState,
    LabelledValue,
    Level,
    Mode,
    Reading,
    Sample,
    Worst,
)
from tests.rules import ENGINE
from tests.worlds import BUILTIN_WORLD, LOST, WORLDS, World, decide_all, lose, observations, samples, sequences

RANK = {HealthState.UNKNOWN: 0, HealthState.HAPPY: 0, HealthState.STRESSED: 1, HealthState.CRITICAL: 2}
BAD = (Level.CRITICAL, Level.STRESSED)


def on_all_rules(test: Callable[..., None]) -> Callable[..., None]:
    """The test on the built-in rules and on random ones, each with a part of the examples that one would get."""
    tried = settings(max_examples=max(settings.default.max_examples * 2 // 5, 1))(test)
    return pytest.mark.parametrize("worlds", WORLDS.values(), ids=list(WORLDS))(tried)


Worlds = st.SearchStrategy[World]


def lived(data: st.DataObject, worlds: Worlds) -> tuple[World, list[Observation], list[Decision]]:
    """A world, what was observed in it and what was decided."""
    world = data.draw(worlds)
    sequence = data.draw(sequences(world))
    return world, sequence, decide_all(world.engine, sequence)


def fires(decision: Decision, level: Level) -> bool:
    return any(gate.level is level for gate in decision.fired)


@on_all_rules
@given(data=st.data())
def test_one_step_at_a_time(worlds: Worlds, data: st.DataObject) -> None:
    _, _, decisions = lived(data, worlds)
    for decision in decisions:
        assert {decision.before, decision.state} != {HealthState.HAPPY, HealthState.CRITICAL}
        assert not (decision.before is HealthState.UNKNOWN and decision.state is HealthState.CRITICAL)
        assert decision.state is not HealthState.UNKNOWN or decision.before is HealthState.UNKNOWN


@on_all_rules
@given(data=st.data())
def test_only_primary_gates_lead_to_critical(worlds: Worlds, data: st.DataObject) -> None:
    world, sequence, decisions = lived(data, worlds)
    primary = {rule.key for rule in world.engine.ruleset.signals if rule.category is Category.PRIMARY}
    memory = Memory()
    for observation, decision in zip(sequence, decisions, strict=True):
        if decision.state is HealthState.CRITICAL and decision.before is not HealthState.CRITICAL:
            critical = {gate.signal for gate in decision.fired if gate.level is Level.CRITICAL}
            assert critical
            assert critical <= primary
        without = world.engine.decide(memory, attrs.evolve(observation, findings=()))
        assert (decision.state is HealthState.CRITICAL) == (without.state is HealthState.CRITICAL)
        memory = decision.memory


@on_all_rules
@given(data=st.data())
def test_critical_needs_consecutive_cycles(worlds: Worlds, data: st.DataObject) -> None:
    """The counter advances by one with a fired critical gate, and otherwise stays or returns to zero."""
    world, _, decisions = lived(data, worlds)
    streak = 0
    for decision in decisions:
        fired = fires(decision, Level.CRITICAL)
        unreadable = decision.mode is Mode.BLIND or any(gate.unanswered for gate in decision.gates)
        counted = decision.memory.critical_cycles
        assert counted == streak + 1 if fired else counted in ((0, streak) if unreadable else (0,))
        if decision.mode is Mode.BLIND and not fired:
            assert counted == streak
        streak = counted
        if decision.state is HealthState.CRITICAL and decision.before is not HealthState.CRITICAL:
            assert counted >= world.engine.ruleset.patience.critical


@on_all_rules
@given(data=st.data())
def test_leaving_critical_needs_the_recovery_margin(worlds: Worlds, data: st.DataObject) -> None:
    _, _, decisions = lived(data, worlds)
    for decision in decisions:
        if decision.before is HealthState.CRITICAL and decision.state is not HealthState.CRITICAL:
            assert not any(gate.near for gate in decision.gates)
            assert not fires(decision, Level.CRITICAL)
            assert decision.mode is not Mode.BLIND


@on_all_rules
@given(data=st.data())
def test_losing_a_signal_never_makes_the_state_healthier(worlds: Worlds, data: st.DataObject) -> None:
    """Whatever improves with a signal gone would have improved at least as far with it there."""
    world = data.draw(worlds)
    *before, last = data.draw(sequences(world))
    assume(before and world.engine.ruleset.patience.forget)
    memory = decide_all(world.engine, before)[-1].memory
    # Only what was readable just before can be lost.
    was, limit = before[-1].reading.samples, world.engine.ruleset.visibility.stale_after
    seen = sorted(key for key, found in was.items() if isinstance(found, Sample) and found.age <= limit)
    assume(seen)
    lost = data.draw(st.lists(st.sampled_from(seen), unique=True))
    with_it = world.engine.decide(memory, last)
    without = world.engine.decide(memory, lose(last, lost, data.draw(st.sampled_from(LOST))))
    if RANK[without.state] < RANK[memory.state]:
        assert RANK[with_it.state] <= RANK[without.state]


@on_all_rules
@given(data=st.data())
def test_blind_for_the_configured_cycles_is_at_least_stressed(worlds: Worlds, data: st.DataObject) -> None:
    world = data.draw(worlds)
    before = decide_all(world.engine, data.draw(sequences(world, longest=3)))
    rules = world.engine.ruleset
    dark = Reading(before[-1].at, "test", {})
    dark_ones = decide_all(world.engine, [Observation(dark)] * rules.patience.blind, before[-1].memory)
    assert {decision.mode for decision in dark_ones} == {Mode.BLIND}
    assert RANK[dark_ones[-1].state] >= RANK[HealthState.STRESSED]
    lost_telemetry = [cause for cause in rules.causes if cause.requires == (BLIND,) and not cause.any_of]
    if before[-1].state in (HealthState.HAPPY, HealthState.UNKNOWN) and lost_telemetry:
        applying = {dark_ones[-1].cause.key, *(cause.key for cause in dark_ones[-1].runners_up)}
        assert {cause.key for cause in lost_telemetry if not cause.unless} <= applying


@on_all_rules
@given(data=st.data())
def test_idle_is_happy(worlds: Worlds, data: st.DataObject) -> None:
    _, _, decisions = lived(data, worlds)
    for decision in decisions:
        if decision.mode is not Mode.IDLE:
            continue
        idle = [gate for gate in decision.gates if gate.level is Level.IDLE]
        assert idle
        assert all(gate.outcome is Outcome.FIRED for gate in idle)
        assert not decision.fired
        if decision.before is not HealthState.CRITICAL:
            assert decision.state is HealthState.HAPPY
        elif any(gate.near for gate in decision.gates):
            assert decision.state is HealthState.CRITICAL
        else:
            assert decision.state is HealthState.STRESSED


@given(observations(BUILTIN_WORLD), st.floats(1, 1e6))
def test_waiting_work_is_never_idle(observation: Observation, backlog: float) -> None:
    samples = {**observation.reading.samples, "matching.backlog": Sample(backlog)}
    waiting = attrs.evolve(observation, reading=attrs.evolve(observation.reading, samples=samples))
    assert ENGINE.decide(Memory(), waiting).mode is not Mode.IDLE


@given(
    observations(BUILTIN_WORLD),
    st.sampled_from(["demand.tasks_added", "demand.start_requests", "demand.signals"]),
    st.floats(1, 1e6),
)
def test_what_is_asked_for_is_never_idle(observation: Observation, asked: str, rate: float) -> None:
    samples = {**observation.reading.samples, asked: Sample(rate)}
    busy = attrs.evolve(observation, reading=attrs.evolve(observation.reading, samples=samples))
    assert ENGINE.decide(Memory(), busy).mode is not Mode.IDLE


def shifted(found: Sample, by: float) -> Sample:
    """A sample with every value moved."""
    series = tuple(LabelledValue(one.labels, one.value + by) for one in found.series)
    return attrs.evolve(found, value=found.value + by, series=series)


def judged_alone(rules: Ruleset) -> dict[str, Direction]:
    """Signals that gates judge on one bad side, and that tell neither demand nor mode nor band; with that side."""
    sides: dict[str, set[Direction]] = {}
    for gate in rules.gates:
        if gate.level in BAD:
            sides.setdefault(gate.signal, set()).add(gate.direction)
    telling = {condition.signal for gate in rules.gates for condition in gate.when}
    telling |= {gate.signal for gate in rules.gates if gate.level not in (*BAD, Level.HEALTHY, Level.EVIDENCE)}
    telling |= {rules.scale.signal, rules.scale.demand or ""}
    return {key: next(iter(found)) for key, found in sides.items() if len(found) == 1 and key not in telling}


def raw_verdict(gates: tuple[GateResult, ...]) -> int:
    """What the gates of one cycle say by themselves."""
    if any(gate.outcome is Outcome.FIRED and gate.level is Level.CRITICAL for gate in gates):
        return 2
    return int(
        any(
            (gate.outcome is Outcome.FIRED and gate.level is Level.STRESSED)
            or (gate.outcome is Outcome.CLEAR and gate.level is Level.HEALTHY and not gate.note)
            for gate in gates
        )
    )


@on_all_rules
@given(data=st.data(), by=st.floats(0, 1e6))
def test_worse_values_never_give_a_healthier_verdict(worlds: Worlds, data: st.DataObject, by: float) -> None:
    """At a fixed mode, band and demand; and the state that follows is no healthier either."""
    world = data.draw(worlds)
    *before, last = data.draw(sequences(world))
    memory = decide_all(world.engine, before)[-1].memory if before else Memory()
    sides = judged_alone(world.engine.ruleset)
    readable = sorted(key for key in sides if isinstance(last.reading.samples[key], Sample))
    assume(readable)
    found = dict(last.reading.samples)
    for key in data.draw(st.lists(st.sampled_from(readable), min_size=1, unique=True)):
        was = found[key]
        assert isinstance(was, Sample)
        found[key] = shifted(was, by if sides[key] is Direction.ABOVE else -by)
    as_it_was = world.engine.decide(memory, last)
    worse = world.engine.decide(memory, attrs.evolve(last, reading=attrs.evolve(last.reading, samples=found)))
    assert raw_verdict(worse.gates) >= raw_verdict(as_it_was.gates)
    assert RANK[worse.state] >= RANK[as_it_was.state]


@given(
    observations(BUILTIN_WORLD),
    st.sampled_from([gate for gate in ENGINE.ruleset.gates if gate.level in BAD]),
    st.floats(0, 1e6),
    st.sampled_from(list(Band)),
)
def test_worse_values_never_silence_a_gate(observation: Observation, gate: Gate, by: float, band: Band) -> None:
    found = observation.reading.samples[gate.signal]
    if not isinstance(found, Sample) or any(condition.signal == gate.signal for condition in gate.when):
        return
    moved = shifted(found, by if gate.direction is Direction.ABOVE else -by)
    worse = attrs.evolve(observation.reading, samples={**observation.reading.samples, gate.signal: moved})
    gates = PreparedGates.of([gate], thresholds_at(band, ENGINE.ruleset.thresholds))

    def outcome(reading: Reading) -> Outcome:
        (result,) = gates.ask(reading.samples, {})
        return result.outcome

    if outcome(observation.reading) is Outcome.FIRED:
        assert outcome(worse) is Outcome.FIRED


@on_all_rules
@given(data=st.data())
def test_a_band_moves_only_past_its_hysteresis_and_falls_only_from_happy(worlds: Worlds, data: st.DataObject) -> None:
    world, sequence, decisions = lived(data, worlds)
    order, rules = list(Band), world.engine.ruleset
    boundaries = (rules.scale.mid_scale_from, rules.scale.high_throughput_from)
    for observation, before, decision in zip(sequence[1:], decisions, decisions[1:], strict=False):
        step = order.index(decision.band) - order.index(before.band)
        if step == 0:
            continue
        assert rules.fixed_band is None
        assert abs(step) == 1
        found = observation.reading.sample(rules.scale.signal)
        assert found is not None
        assert found.age <= rules.visibility.stale_after
        if step > 0:
            boundary = boundaries[order.index(before.band)]
            assert found.value >= boundary + boundary * rules.scale.hysteresis
        else:
            boundary = boundaries[order.index(decision.band)]
            boundary -= boundary * rules.scale.hysteresis
            assert found.value < boundary
            assert before.state is HealthState.HAPPY
            if rules.scale.demand is not None:
                asked = observation.reading.value(rules.scale.demand)
                assert asked is not None
                assert asked * rules.scale.per_demand < boundary


@on_all_rules
@given(data=st.data())
def test_a_collapse_loosens_no_threshold(worlds: Worlds, data: st.DataObject) -> None:
    """Whatever is observed, the thresholds of an unwell cluster are those of its band or of a larger one."""
    _, _, decisions = lived(data, worlds)
    order = list(Band)
    for before, decision in pairwise(decisions):
        if before.state is not HealthState.HAPPY:
            assert order.index(decision.band) >= order.index(before.band)


@on_all_rules
@given(data=st.data())
def test_no_gate_and_no_pressure_means_no_cause(worlds: Worlds, data: st.DataObject) -> None:
    """Nobody is blamed anew; on the way back to Happy the old cause stays named, marked as carried."""
    world, _, decisions = lived(data, worlds)
    named: set[str] = set()
    for decision in decisions:
        speaks = decision.fired or decision.findings or any(gate.near for gate in decision.gates)
        if not speaks and decision.memory.blind_cycles < world.engine.ruleset.patience.blind:
            assert decision.cause.key == "none" or decision.cause.carried
            assert not decision.runners_up
        if decision.cause.carried:
            assert decision.cause.key in named
        named.add(decision.cause.key)
        if decision.state is HealthState.HAPPY:
            assert decision.cause.key == "none"


@on_all_rules
@given(data=st.data())
def test_a_missing_or_stale_signal_never_makes_a_gate_clear(worlds: Worlds, data: st.DataObject) -> None:
    world, sequence, decisions = lived(data, worlds)
    for observation, decision in zip(sequence, decisions, strict=True):
        for gate in decision.gates:
            if gate.outcome is not Outcome.UNKNOWN and gate.level in FACTS and not gate.note:
                found = observation.reading.samples.get(gate.signal)
                assert isinstance(found, Sample)
                assert found.age <= world.engine.ruleset.visibility.stale_after


@on_all_rules
@given(data=st.data())
def test_a_part_of_a_decision_is_a_share(worlds: Worlds, data: st.DataObject) -> None:
    world, _, decisions = lived(data, worlds)
    for decision in decisions:
        assert 0 <= decision.visibility <= 1
        assert 0 <= decision.confidence <= 1
        assert reason(world.engine.ruleset, decision)


@on_all_rules
@given(data=st.data())
def test_a_receipt_computes_its_decision_again(worlds: Worlds, data: st.DataObject) -> None:
    """Everything goes through JSON and comes out the same, rules included, and so does the decision."""
    world = data.draw(worlds)
    rules = from_json(to_json(world.engine.ruleset), Ruleset)
    assert rules == world.engine.ruleset
    again = type(world.engine).of(rules)
    assert again.digest == world.engine.digest
    memory = Memory()
    for observation in data.draw(sequences(world, longest=4)):
        decision = world.engine.decide(memory, observation)
        stored = from_json(to_json(Receipt(observation, memory, decision)), Receipt)
        assert again.decide(stored.before, stored.observation) == stored.decision == decision
        brief = world.engine.decide(memory, observation, brief=True)
        assert (brief.state, brief.mode, brief.band, brief.cause) == (
            decision.state, decision.mode, decision.band, decision.cause,
        )  # fmt: skip
        memory = decision.memory


@given(st.data())
def test_samples_of_several_queues_are_as_sources_make_them(data: st.DataObject) -> None:
    """What the tests above are made of: worst first, and the worst is the value."""
    world = data.draw(WORLDS["random"])
    for rule in world.engine.ruleset.signals:
        found = data.draw(samples(world, rule.key))
        if isinstance(found, Sample) and found.series:
            values = [one.value for one in found.series]
            assert values == sorted(values, reverse=rule.worst is not Worst.LOWEST)
            assert found.value == values[0]


def test_equal_inputs_give_equal_decisions_in_another_process() -> None:
    """Another process, with another hash seed, comes to the same bytes."""
    program = (
        "from tests.rules import *;from sre_copilot.health.encoding import to_json;"
        "from sre_copilot.health.memory import Memory;m=Memory();out=[]\n"
        "for i,v in enumerate([STEADY]*3+[NO_WORKERS]*5+[DRAINING]*5+[IDLE]*3):\n"
        "    d=ENGINE.decide(m,observe(v,i));m=d.memory;out.append(to_json(d))\n"
        "import hashlib;print(hashlib.sha256(''.join(out).encode()).hexdigest())"
    )
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
