"""Gates on the status page: those that fired with the log beside them, the others in sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sre_copilot.cli.page_lines import Lines
from sre_copilot.cli.status_logs import lines_beside
from sre_copilot.cli.words import STYLES

if TYPE_CHECKING:
    from rich.text import Text

Document = dict[str, Any]

_MISSING = " is missing, "
"""Stands in the sentence of an unknown gate, between its signal, or one that it depends on, and the reason."""

SPEAKING = ("critical", "stressed", "evidence")
"""Levels of gates that say something is wrong, the worst first."""


def fired_gates(gates: Sequence[Document], patterns: Sequence[Document], lines: Lines) -> Iterator[Text]:
    """Every gate that speaks of trouble, with what the log said when it began to fire."""
    fired = [gate for gate in gates if gate["outcome"] == "fired" and gate["level"] in SPEAKING]
    shown = {gate["key"] for gate in fired}
    if fired:
        yield from lines.heading("Gates that fired")
    for gate in fired:
        yield from _gate(gate, lines)
        yield from lines_beside(gate["key"], patterns, lines)
    # A server that stood still writes once it goes on, when its gate is clear again.
    over = dict.fromkeys(key for pattern in patterns for key in pattern["gates"] if key not in shown)
    if over:
        yield from lines.heading("Fired in the last minutes, and in the log then")
    for key in over:
        yield from lines.of(key, indent=2)
        yield from lines_beside(key, patterns, lines)


def other_gates(gates: Sequence[Document], lines: Lines, *, whole: bool) -> Iterator[Text]:
    """What cannot be judged, by its reason, and how many say that all is well."""
    speaking = [gate for gate in gates if gate["level"] in SPEAKING]
    unknown = [gate for gate in gates if gate["outcome"] == "unknown"]
    if unknown:
        yield from lines.heading(f"{len(unknown)} of {len(gates)} gates unknown")
        yield from lines.summed((_reason(gate), gate["key"]) for gate in unknown)
    if whole:
        yield from lines.heading("All other gates")
        fired = [gate for gate in speaking if gate["outcome"] == "fired"]
        for gate in gates:
            if gate not in unknown and gate not in fired:
                yield from _gate(gate, lines)
    elif clear := sum(gate["outcome"] == "clear" for gate in speaking):
        yield lines.plain("")
        yield from lines.of(
            f"{clear} of {len(speaking)} gates on trouble are clear; --all shows every gate.", style="dim"
        )


def _gate(gate: Document, lines: Lines) -> Iterator[Text]:
    line = lines.plain("  ")
    fires = gate["outcome"] == "fired"
    line.append(f"{gate['level']:<9} ", style=STYLES.get(gate["level"], "") if fires else "dim")
    line.append(gate["key"])
    if not fires:
        line.append(f" ({gate['outcome']})", style="dim")
    yield line
    yield from lines.of(gate["sentence"], indent=12)


def _reason(gate: Document) -> str:
    """Why a gate is unknown, without the signal that is missing, so that gates with one reason share it."""
    signal, missing, reason = gate["sentence"].partition(_MISSING)
    return f"missing, {reason}" if missing and " " not in signal else f"unknown: {gate['sentence']}"
