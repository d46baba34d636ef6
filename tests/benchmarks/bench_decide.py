"""``decide`` with full evidence on the built-in rules, beside the validation of a pydantic model of 40 floats."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence

import pydantic

from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import HealthState
from tests import replay
from tests.rules import ENGINE, NO_WORKERS, STEADY, observe

MOST = 20.0
"""Times the validation."""
ROUNDS = 9


def fastest(work: Callable[[], object], times: int) -> float:
    """Seconds of one run: the best of several, because other guests of the machine only ever make it slower."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - began) / times)
    return best


def judged(values: dict[str, float], chance: random.Random) -> list[Observation]:
    """A hundred cycles of a situation. Like those of a real cluster its values vary, but for what is all or nothing."""
    return [
        observe({key: v if v in (0, 1) else v * chance.uniform(0.95, 1.05) for key, v in values.items()}, cycle)
        for cycle in range(100)
    ]


def decide_all(observations: Sequence[Observation]) -> Decision:
    """The last of the decisions about observations that follow each other."""
    memory = Memory()
    for observation in observations:
        decision = ENGINE.decide(memory, observation)
        memory = decision.memory
    return decision


def test_a_decision_costs_at_most_twenty_validations() -> None:
    chance = random.Random(3)
    names = [f"signal_{number}" for number in range(40)]
    model = pydantic.create_model("Forty", **dict.fromkeys(names, (float, ...)))  # type: ignore[call-overload]
    documents = [{name: chance.random() for name in names} for _ in range(100)]
    validation = fastest(lambda: [model(**document) for document in documents], 20) / len(documents)

    def times(what: str, observations: Sequence[Observation]) -> float:
        decision = fastest(lambda: decide_all(observations), 5) / len(observations)
        sys.stdout.write(
            f"\n{what}: decide {decision * 1e6:.1f} µs with {len(ENGINE.ruleset.gates)} gates,"
            f" validation {validation * 1e6:.2f} µs, {decision / validation:.1f} times\n"
        )
        return decision / validation

    steady, dead = judged(STEADY, chance), judged(NO_WORKERS, chance)
    assert decide_all(steady).state is HealthState.HAPPY
    assert decide_all(dead).state is HealthState.CRITICAL
    # Recordings are shorter and read labels for every queue; how they compare is worth knowing.
    for name in ("steady", "slots_exhausted", "overloaded"):
        times(f"recorded {name}", replay.observations(name))
    assert times("steady", steady) <= MOST
    assert times("no workers", dead) <= MOST
