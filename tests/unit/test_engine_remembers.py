"""An engine keeps what it worked out before. That must never be seen in a decision."""

from __future__ import annotations

import random

from sre_copilot.health.decide import Engine
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import MissingReason
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
