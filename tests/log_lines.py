"""Recorded lines of a real Temporal server, and the built-in patterns."""

from __future__ import annotations

import gzip
from pathlib import Path

import attrs
from whenever import Instant

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.narrator import Narrator
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot.narrative.summary import WindowSummary
from sre_copilot_dsql.patterns import PARSER as DSQL
from sre_copilot_hookspecs import LogLine, LogPattern
from sre_copilot_hookspecs.log_text import log_line
from sre_copilot_temporal.patterns import PARSER as TEMPORAL

LOGS = Path(__file__).parent / "data" / "logs"
SITUATIONS = tuple(sorted(path.name.removesuffix(".jsonl.gz") for path in LOGS.glob("*.jsonl.gz")))
NOT_GROUPED = ("failing_tasks",)
"""Recorded after the reference implementation had grouped the others."""
BUILT_IN: tuple[LogPattern, ...] = (*TEMPORAL.patterns, *DSQL.patterns)
SINCE = Instant.from_utc(2026, 11, 22, 13)
UNTIL = Instant.from_utc(2026, 11, 22, 14)


def recorded_lines(situation: str) -> list[LogLine]:
    """Up to six lines of each kind, in the order in which they were written, at every level."""
    with gzip.open(LOGS / f"{situation}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [log_line(text, at=SINCE) for text in file]


def summary_of(lines: list[LogLine], memory: MinerMemory | None = None) -> WindowSummary:
    """One window with these lines and the built-in patterns."""
    narrator = Narrator(PatternSet(BUILT_IN), SINCE, UNTIL, memory=memory)
    narrator.read(lines)
    return narrator.window()


def mining_corpus() -> list[LogLine]:
    """Recorded lines as a plain logger writes them: message and fields in one text, with all their identifiers."""
    lines = []
    for situation in SITUATIONS:
        if situation in NOT_GROUPED:
            continue
        for line in recorded_lines(situation):
            fields = " ".join(f"{key}={value}" for key, value in line.attributes.items() if key != "error")
            lines.append(attrs.evolve(line, level="error", message=f"{line.message} {fields}".strip()))
    return lines
