"""How long an explanation takes, beside the decision that it explains.

Run by itself (``python tests/benchmarks/bench_explain.py``) it exits with 1 if an explanation takes 2 ms or more.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sre_copilot.explain.compose import explain
from sre_copilot.health.memory import Memory
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, STEADY, observe

RUNS = 300
AT_MOST = 0.002
"""Seconds."""


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> int:
    """Measure the explanation of a critical cluster."""
    memory = Memory()
    for cycle, values in enumerate((STEADY, NO_WORKERS, NO_WORKERS, NO_WORKERS)):
        observation = observe(values, cycle)
        decision = ENGINE.decide(memory, observation)
        memory = decision.memory
    deciding = _median(lambda: ENGINE.decide(memory, observation))
    explaining = _median(lambda: explain(BUILTIN, decision))
    sys.stdout.write(f"decision    {deciding * 1000:.3f} ms\nexplanation {explaining * 1000:.3f} ms\n")
    return 0 if explaining < AT_MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
