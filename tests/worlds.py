"""Rules with observations that make them speak: values around every threshold, missing ones, stale ones, findings."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st
from whenever import Instant

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import (
    Band,
    Direction,
    Finding,
    LabelledValue,
    Level,
    Missing,
    MissingReason,
    Pressure,
    Reading,
    Sample,
    Worst,
)
from tests.random_rules import FINDINGS, rulesets
from tests.rules import CYCLE, DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, START, STEADY

LOST = [reason for reason in MissingReason if reason is not MissingReason.NO_DATA]
_QUEUES = [(("task_queue", name),) for name in ("orders", "payments", "mail")]
_CASES = ({"frontend.reachable": 0.0}, STEADY, NO_WORKERS, DRAINING, IDLE, PROBED)
_BAD = frozenset({Level.CRITICAL, Level.STRESSED})


@attrs.frozen(eq=False)
class World:
    """An engine, and what can be observed in it."""

    engine: Engine
    situations: tuple[dict[str, float], ...]
    """Values from which observations start; what is not among them is missing."""
    findings: tuple[str, ...]
    interesting: dict[str, tuple[float, ...]]
    """By signal, the values at which some gate changes its mind."""

    @classmethod
    def of(cls, engine: Engine, situations: tuple[dict[str, float], ...], findings: tuple[str, ...]) -> World:
        """The world of an engine."""
        return cls(
            engine, situations, findings, {rule.key: _turning(engine, rule.key) for rule in engine.ruleset.signals}
        )

    @property
    def calm(self) -> dict[str, float]:
        """The situation in which nothing is wrong."""
        return self.situations[0]


def _turning(engine: Engine, signal: str) -> tuple[float, ...]:
    rules = engine.ruleset
    numbers = {threshold.key: threshold for threshold in rules.thresholds}
    found = {0.0}
    for gate in rules.gates:
        for key, name in ((gate.signal, gate.threshold), *((c.signal, c.threshold) for c in gate.when)):
            if key == signal:
                for band in Band:
                    at = numbers[name].at(band)
                    found |= {
                        at,
                        at * 1.01,
                        at * 0.99,
                        at * (gate.recovery or 1) * 1.01,
                        at * (gate.recovery or 1) * 0.99,
                    }
    if signal in (rules.scale.signal, rules.scale.demand):
        for at in (rules.scale.mid_scale_from, rules.scale.high_throughput_from):
            found |= {at, at * (1 + rules.scale.hysteresis), at * (1 - rules.scale.hysteresis) - 0.01}
    return tuple(sorted(found))


BUILTIN_WORLD = World.of(
    ENGINE, (STEADY, *(case for case in _CASES if case is not STEADY)), ("temporal.tasks_are_retried",)
)


def _random_world(rules: object) -> World:
    engine = Engine.of(rules)  # type: ignore[arg-type]
    sides = {gate.signal: gate.direction for gate in engine.ruleset.gates if gate.level in _BAD}
    calm, bad = {}, {}
    for rule in engine.ruleset.signals:
        turning = _turning(engine, rule.key)
        low, high = turning[0], turning[-1] * 2 + 1
        below = sides.get(rule.key, Direction.ABOVE) is Direction.ABOVE
        calm[rule.key], bad[rule.key] = (low, high) if below else (high, low)
    return World.of(engine, (calm, bad, {}), FINDINGS)


random_worlds = rulesets().map(_random_world)
WORLDS = {"built-in": st.just(BUILTIN_WORLD), "random": random_worlds}


@st.composite
def samples(draw: st.DrawFn, world: World, key: str) -> Sample | Missing:
    """One signal: around a threshold or anywhere, of one queue or several, fresh or stale, or missing."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return Missing(draw(st.sampled_from(list(MissingReason))))
    values = st.sampled_from(world.interesting[key]) | st.floats(0, 1000)
    age = 500.0 if kind == 1 else 0.0
    rule = next(rule for rule in world.engine.ruleset.signals if rule.key == key)
    if rule.worst is None or kind < 6:
        return Sample(draw(values), age)
    found = [
        LabelledValue(labels, draw(values))
        for labels in draw(st.lists(st.sampled_from(_QUEUES), min_size=1, unique=True))
    ]
    found.sort(key=lambda each: each.value, reverse=rule.worst is not Worst.LOWEST)
    return Sample(found[0].value, age, tuple(found))


@st.composite
def observations(draw: st.DrawFn, world: World) -> Observation:
    """A situation with some of its values moved to where gates change their minds, or lost."""
    values = draw(st.sampled_from(world.situations))
    missing = Missing(draw(st.sampled_from([MissingReason.NO_DATA, *LOST])))
    keys = [rule.key for rule in world.engine.ruleset.signals]
    found: dict[str, Sample | Missing] = {key: Sample(float(values[key])) if key in values else missing for key in keys}
    for key in draw(st.lists(st.sampled_from(keys), max_size=4, unique=True)):
        found[key] = draw(samples(world, key))
    weights = draw(st.lists(st.sampled_from(list(Pressure)), max_size=len(world.findings)))
    findings = tuple(
        Finding(key, weight, "history", "So.", ((keys[0], 1.0),), "Look.")
        for key, weight in zip(world.findings, weights, strict=False)
    )
    return Observation(Reading(START, "test", found), findings)


@st.composite
def sequences(draw: st.DrawFn, world: World, *, longest: int = 8) -> list[Observation]:
    """Observations that each last for some cycles."""
    parts = draw(st.lists(st.tuples(observations(world), st.integers(1, 5)), min_size=1, max_size=longest))
    lasting = [observation for observation, cycles in parts for _ in range(cycles)]
    return [at_cycle(observation, cycle) for cycle, observation in enumerate(lasting)]


def at_cycle(observation: Observation, cycle: int) -> Observation:
    """The same, observed at another time."""
    at: Instant = START + CYCLE * cycle
    return attrs.evolve(observation, reading=attrs.evolve(observation.reading, at=at))


def lose(observation: Observation, keys: list[str], reason: MissingReason) -> Observation:
    """The same without some signals."""
    found = {**observation.reading.samples, **dict.fromkeys(keys, Missing(reason))}
    return attrs.evolve(observation, reading=attrs.evolve(observation.reading, samples=found))


def decide_all(engine: Engine, sequence: list[Observation], memory: Memory | None = None) -> list[Decision]:
    """Every decision of a sequence."""
    memory, decisions = memory or Memory(), []
    for observation in sequence:
        decisions.append(engine.decide(memory, observation))
        memory = decisions[-1].memory
    return decisions
