"""An engine keeps what it worked out before. That must never be seen in a decision."""

from __future__ import annotations

import random

import attrs

from sre_copilot.health.decide import Engine
from sre_copilot.health.encoding import to_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import LabelledValue, MissingReason, Sample
from tests.rules import BUILTIN, DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, STEADY, observe

SITUATIONS = (STEADY, NO_WORKERS, DRAINING, IDLE, PROBED)


def life(chance: random.Random, cycles: int) -> list[Observation]:
    """Situations that follow each other, with values that are missing for changing reasons."""
    found, base = [], STEADY
    for cycle in range(cycles):
        if chance.random() < 0.3:
            base = chance.choice(SITUATIONS)
        values = {key: value * chance.uniform(0.5, 1.5) for key, value in base.items() if chance.random() > 0.1}
        found.append(observe(values, cycle, missing=chance.choice(list(MissingReason))))
    return found


def test_an_engine_that_has_decided_much_decides_as_a_new_one() -> None:
    chance = random.Random(20)
    for brief in (False, True):
        memory = Memory()
        for observation in life(chance, 40):
            decision = ENGINE.decide(memory, observation, brief=brief)
            assert decision == Engine.of(BUILTIN).decide(memory, observation, brief=brief)
            memory = decision.memory


def test_an_equal_value_of_another_queue_is_told_of_that_queue() -> None:
    def two(queue: str) -> Observation:
        labels = (("namespace", "default"), ("task_type", "Workflow"), ("taskqueue", queue))
        found = Sample(0.0, series=(LabelledValue(labels, 0.0),))
        plain = observe(NO_WORKERS)
        samples = {**plain.reading.samples, "matching.dispatch_ratio": found}
        return attrs.evolve(plain, reading=attrs.evolve(plain.reading, samples=samples))

    engine = Engine.of(BUILTIN)
    for queue in ("orders", "invoices"):
        decision = engine.decide(Memory(), two(queue))
        judged = next(gate for gate in decision.gates if gate.key == "matching.dispatch_ratio_critical")
        assert dict(judged.where)["taskqueue"] == queue


def test_a_negative_zero_is_written_as_the_zero_it_is() -> None:
    engine, negative = Engine.of(BUILTIN), {**STEADY, "persistence.errors": -0.0, "matching.backlog": -0.0}
    fresh = Engine.of(BUILTIN).decide(Memory(), observe(STEADY))
    used = [engine.decide(Memory(), observe(values)) for values in (negative, STEADY)][-1]
    assert to_json(used.gates) == to_json(fresh.gates)
