"""A long run whose every decision goes into one digest, so that two Pythons can be held against each other.

``python -m tests.digest_run`` prints the digest of 10,000 cycles; with ``--write`` it becomes the expected one, after
the built-in rules have changed. The inputs come from a generator of its own, for the standard library promises none.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import to_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.reasons import reason
from sre_copilot.health.trends import trends
from sre_copilot_hookspecs import Finding, Missing, MissingReason, Pressure, Reading, Sample
from tests.rules import BUILTIN, CYCLE, DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, START, STEADY

CYCLES = 10_000
EXPECTED = Path(__file__).parent / "data" / "decisions.json"
_SITUATIONS = (STEADY, STEADY, STEADY, NO_WORKERS, DRAINING, IDLE, PROBED)
_FINDING = Finding("temporal.tasks_are_retried", Pressure.PRESSURE, "history", "So.", (("history.x", 1.5),), "Look.")


class Chance:
    """Knuth's linear congruential generator of 64 bits: integers only, the same everywhere."""

    def __init__(self, seed: int = 20261122) -> None:
        self._now = seed

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit``, which it does not reach."""
        self._now = (self._now * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._now >> 33) % limit


def observations(cycles: int) -> Iterator[Observation]:
    """Situations that last for a while, with values that waver, leap or go missing."""
    chance, reasons = Chance(), tuple(MissingReason)
    keys = [rule.key for rule in BUILTIN.signals]
    values, left, scale, missing = STEADY, 0, 1.0, Missing(MissingReason.NO_DATA)
    for cycle in range(cycles):
        if left == 0:
            values, left = _SITUATIONS[chance.below(len(_SITUATIONS))], 1 + chance.below(25)
            scale = (0.3, 1.0, 3.0, 12.0)[chance.below(4)]
            missing = Missing(reasons[chance.below(len(reasons))] if chance.below(3) == 0 else MissingReason.NO_DATA)
        left -= 1
        samples: dict[str, Sample | Missing] = dict.fromkeys(keys, missing)
        for key, value in values.items():
            grown = value * scale if value > 2 else value
            samples[key] = Sample(grown * (0.9 + chance.below(2001) / 10_000))
        for _ in range(chance.below(3)):
            key = keys[chance.below(len(keys))]
            samples[key] = Sample(chance.below(100_000) / 97) if chance.below(2) else missing
        findings = (_FINDING,) if chance.below(15) == 0 else ()
        yield Observation(Reading(START + CYCLE * cycle, "test", samples), findings)


def _told(decision: Decision) -> str:
    """Everything in a decision that a computation could have got wrong, floats to their last bit."""
    memory = decision.memory
    counters = (memory.critical_cycles, memory.pressure_cycles, memory.calm_cycles, memory.blind_cycles)
    gates = [(gate.outcome.value, gate.value, gate.margin, gate.near) for gate in decision.gates]
    going = [(trend.signal, trend.direction.value) for trend in trends(ENGINE.ruleset.gates, memory.recent)]
    services = [(actor.progress.value, actor.pressure.value, actor.dominant_signal) for actor in decision.services]
    named = (decision.state.value, decision.band.value, decision.mode.value, decision.cause.key)
    rest = (decision.bottleneck.value, decision.visibility, decision.confidence, reason(ENGINE.ruleset, decision))
    return repr((named, rest, counters, gates, going, services))


def run(cycles: int = CYCLES) -> tuple[str, set[str]]:
    """The digest of a run, and the states and causes that it came through."""
    found, seen, memory = hashlib.sha256(), set(), Memory()
    for cycle, observation in enumerate(observations(cycles)):
        decision = ENGINE.decide(memory, observation)
        memory = decision.memory
        found.update(_told(decision).encode())
        seen |= {decision.state.value, decision.cause.key, decision.mode.value, decision.band.value}
        if cycle % 500 == 0:
            found.update(to_json(decision).encode())
    found.update(to_json(memory).encode())
    return found.hexdigest(), seen


def expected() -> dict[str, str]:
    """The digests of the rules and of the run, as they were last written."""
    read: dict[str, str] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    made = {"rules": ENGINE.digest, "decisions": run()[0]}
    if "--write" in sys.argv:
        EXPECTED.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(made, indent=2) + "\n")
