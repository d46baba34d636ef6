"""How many log lines a second one core reads, and how much memory a million different lines take.

Run by itself: ``python tests/benchmarks/bench_narrative.py``. Exits with 1 if a figure is worse than asked for.
Times are of the processor, so that what else the machine does matters less. Lines are made before the clock
starts: what a source does with its bytes is measured elsewhere.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).parents[2]))

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.narrator import Narrator
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot.narrative.summary import WindowSummary
from sre_copilot_hookspecs import LogLine
from tests.log_lines import BUILT_IN, SINCE, SITUATIONS, UNTIL, mining_corpus, recorded_lines

LEAST_MATCHED = 150_000
LEAST_MINED = 40_000
MOST_MEGABYTES = 100.0
DISTINCT = 1_000_000
LINES = 100_000
ROUNDS = 3
PATTERNS = PatternSet(BUILT_IN)


def say(text: str) -> None:
    """Tell a figure at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def narrated(lines: Iterable[LogLine], patterns: PatternSet = PATTERNS) -> WindowSummary:
    """One window with these lines."""
    narrator = Narrator(patterns, SINCE, UNTIL, memory=MinerMemory())
    narrator.read(lines)
    return narrator.window()


def per_second(read: Callable[[], object], lines: int) -> float:
    """Lines a second of processor time, the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        read()
        best = min(best, time.process_time() - began)
    return lines / best


def repeated(lines: list[LogLine]) -> list[LogLine]:
    """So many lines in the mix of the recordings, each with another number in it, so that no two are the same."""
    return [
        attrs.evolve(lines[number % len(lines)], message=f"{lines[number % len(lines)].message} #{number}")
        for number in range(LINES)
    ]


def distinct() -> Iterator[LogLine]:
    """A million warnings of which no two are alike, in words as well as in numbers."""
    corpus = mining_corpus()
    for number in range(DISTINCT):
        line = corpus[number % len(corpus)]
        yield attrs.evolve(line, message=f"w{number % 9973:x} {line.message[: 60 + number % 200]} v{number:x} {number}")


def main() -> int:
    """Measure and print."""
    mix = repeated([line for situation in SITUATIONS for line in recorded_lines(situation)])
    matched = per_second(lambda: narrated(mix), LINES)
    say(f"{len(BUILT_IN)} patterns, recorded mix: {matched:,.0f} lines/s (asked: {LEAST_MATCHED:,})")

    trouble = repeated(recorded_lines("persistence_unavailable"))
    say(f"{len(BUILT_IN)} patterns, failing database: {per_second(lambda: narrated(trouble), LINES):,.0f} lines/s")

    unknown = repeated(mining_corpus())
    mined = per_second(lambda: narrated(unknown, PatternSet(())), LINES)
    length = sum(len(line.message) for line in unknown) / LINES
    say(f"mining all of them, {length:.0f} characters each: {mined:,.0f} lines/s (asked: {LEAST_MINED:,})")

    tracemalloc.start()
    began = time.process_time()
    summary = narrated(distinct(), PatternSet(()))
    seconds = time.process_time() - began
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    say(
        f"{summary.lines:,} distinct lines: {megabytes:.1f} MB at most (asked: {MOST_MEGABYTES:.0f}), "
        f"{len(summary.memory.templates)} templates remembered, {summary.unmined:,} lines without room, "
        f"{seconds:.0f} s while memory was traced"
    )
    return int(matched < LEAST_MATCHED or mined < LEAST_MINED or megabytes > MOST_MEGABYTES)


if __name__ == "__main__":
    raise SystemExit(main())
