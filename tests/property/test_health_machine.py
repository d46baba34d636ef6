"""A cluster's whole life: long, dark, restarted and under changing rules, and every invariant after every cycle."""

from __future__ import annotations

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from whenever import Instant

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.memory import BASELINE_LENGTH, TRACK_LENGTH, Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import Band, HealthState, Level, Missing, MissingReason, Mode, Reading
from tests.random_rules import patiences
from tests.rules import CYCLE, START
from tests.worlds import BUILTIN_WORLD, LOST, World, observations, random_worlds


class ClusterLife(RuleBasedStateMachine):
    """One cluster, observed cycle by cycle."""

    world: World
    engine: Engine
    memory: Memory
    decision: Decision | None
    last: Observation | None
    now: Instant

    @initialize(world=st.just(BUILTIN_WORLD) | random_worlds)
    def begin(self, world: World) -> None:
        self.world, self.engine = world, world.engine
        self.memory, self.decision, self.last, self.now = Memory(), None, None, START
        self.dark = self.critical_streak = 0

    @rule(data=st.data(), cycles=st.integers(1, 6))
    def observe(self, data: st.DataObject, cycles: int) -> None:
        """Something is observed, and stays so for a while."""
        observation = data.draw(observations(self.world))
        for _ in range(cycles):
            self._cycle(observation)

    @rule(cycles=st.integers(1, 8), reason=st.sampled_from(LOST))
    def go_dark(self, cycles: int, reason: MissingReason) -> None:
        """Nothing can be read at all."""
        samples = {entry.key: Missing(reason) for entry in self.engine.ruleset.signals}
        for _ in range(cycles):
            self._cycle(Observation(Reading(self.now, "test", samples)))

    @rule(data=st.data())
    def lose_some(self, data: st.DataObject) -> None:
        """What was observed last, with some of it out of sight."""
        if self.last is None:
            return
        keys = data.draw(st.lists(st.sampled_from(sorted(self.last.reading.samples)), unique=True))
        reason = Missing(data.draw(st.sampled_from(LOST)))
        samples = {**self.last.reading.samples, **dict.fromkeys(keys, reason)}
        self._cycle(attrs.evolve(self.last, reading=attrs.evolve(self.last.reading, samples=samples)))

    @rule()
    def restart(self) -> None:
        """The worker dies, or the workflow continues as new: the memory goes through JSON, the engine is made anew."""
        again = from_json(to_json(self.memory), Memory)
        assert again == self.memory
        self.memory, self.engine = again, Engine.of(self.engine.ruleset)

    @rule(missed=st.integers(1, 100))
    def miss_cycles(self, missed: int) -> None:
        """Nobody observes for a while; that alone changes nothing."""
        self.now += CYCLE * missed

    @rule(band=st.sampled_from([None, *Band]), patience=patiences, factor=st.sampled_from([0.5, 1.0, 3.0]))
    def adopt_rules(self, band: Band | None, patience: object, factor: float) -> None:
        """An operator sets another band, other patience and other thresholds."""
        rules = self.engine.ruleset
        moved = tuple(
            attrs.evolve(
                each,
                starter=each.starter * factor,
                mid_scale=each.mid_scale * factor,
                high_throughput=each.high_throughput * factor,
            )
            for each in rules.thresholds
        )
        self.engine = Engine.of(attrs.evolve(rules, thresholds=moved, fixed_band=band, patience=patience))

    @rule(world=random_worlds)
    def replace_plugins(self, world: World) -> None:
        """Other plugins: nothing of what the memory knows by name exists any more."""
        self.world, self.engine, self.last = world, world.engine, None

    def _cycle(self, observation: Observation) -> None:
        self.now += CYCLE
        observation = attrs.evolve(observation, reading=attrs.evolve(observation.reading, at=self.now))
        before = self.memory
        decision = self.engine.decide(before, observation)
        assert decision == self.engine.decide(before, observation)
        critical = any(gate.level is Level.CRITICAL for gate in decision.fired)
        self.dark = self.dark + 1 if decision.mode is Mode.BLIND else 0
        self.critical_streak += critical
        if decision.memory.critical_cycles == 0:
            self.critical_streak = 0
        self.decision, self.memory, self.last = decision, decision.memory, observation
        self._check(before, decision, critical=critical)

    def _check(self, before: Memory, decision: Decision, *, critical: bool) -> None:
        patience, state = self.engine.ruleset.patience, decision.state
        assert decision.before is before.state
        assert {before.state, state} != {HealthState.HAPPY, HealthState.CRITICAL}
        assert state is not HealthState.CRITICAL or before.state is not HealthState.UNKNOWN
        assert state is not HealthState.UNKNOWN or before.state is HealthState.UNKNOWN
        if state is HealthState.CRITICAL and before.state is not HealthState.CRITICAL:
            assert critical
            assert self.critical_streak >= patience.critical
        if before.state is HealthState.CRITICAL and state is not HealthState.CRITICAL:
            assert not critical
            assert not any(gate.near for gate in decision.gates)
            assert decision.mode is not Mode.BLIND
        if self.dark >= patience.blind:
            assert state in (HealthState.STRESSED, HealthState.CRITICAL)
        if decision.mode is Mode.IDLE:
            assert not decision.fired
            assert state is HealthState.HAPPY or before.state is HealthState.CRITICAL
        order = list(Band)
        if self.engine.ruleset.fixed_band is not None:
            assert decision.band is self.engine.ruleset.fixed_band
        elif before.band is not None:
            step = order.index(decision.band) - order.index(before.band)
            assert abs(step) <= 1
            assert step >= 0 or before.state is HealthState.HAPPY

    @invariant()
    def the_decision_and_the_memory_agree(self) -> None:
        decision = getattr(self, "decision", None)
        if decision is None:
            return
        assert decision.memory == self.memory
        assert (self.memory.state, self.memory.band, self.memory.since) == (
            decision.state,
            decision.band,
            decision.since,
        )
        assert decision.since <= decision.at
        if decision.state is HealthState.HAPPY:
            assert (decision.cause.key, decision.memory.cause) == ("none", "none")

    @invariant()
    def the_memory_stays_small(self) -> None:
        memory = getattr(self, "memory", Memory())
        assert len(memory.recent.rows) <= TRACK_LENGTH
        assert all(len(baseline.values) <= BASELINE_LENGTH for baseline in memory.baselines)
        remembered = [*memory.judged, *(lost.gate for lost in memory.lost)]
        assert len(set(remembered)) == len(remembered)
        assert len(to_json(memory)) < 16_000


ClusterLife.TestCase.settings = settings(max_examples=25, stateful_step_count=30)
TestClusterLife = ClusterLife.TestCase
