"""What the cluster is busy with, and how much of it can be seen."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Category, Level, Missing, MissingReason, Mode, Reading, Sample

JUDGING = frozenset({Level.CRITICAL, Level.STRESSED, Level.HEALTHY})
"""Levels that decide about the state; the others say what the cluster is busy with, or serve causes."""


def watched_signals(ruleset: Ruleset) -> tuple[str, ...]:
    """The primary signals that gates judge the state by."""
    judged = {gate.signal for gate in ruleset.gates if gate.level in JUDGING}
    return tuple(rule.key for rule in ruleset.signals if rule.category is Category.PRIMARY and rule.key in judged)


def is_seen(found: Sample | Missing | None) -> bool:
    """Whether somebody answered: with a value, or that nothing happened."""
    if isinstance(found, Missing):
        return found.reason is MissingReason.NO_DATA
    return found is not None


def visibility(watched: tuple[str, ...], reading: Reading) -> float:
    """The share of the watched signals that could be seen, 0 to 1; 0 when there are none."""
    if not watched:
        return 0.0
    return len([key for key in watched if is_seen(reading.samples.get(key))]) / len(watched)


def provisional_mode(results: Iterable[GateResult], *, blind: bool) -> Mode:
    """The mode by its own gates; idle is only proven once no other gate objects."""
    if blind:
        return Mode.BLIND
    fired, idle, busy, recovering = Outcome.FIRED, Level.IDLE, Level.SYSTEM_BUSY, Level.RECOVERING
    said = [(result.level, result.outcome is fired) for result in results]
    if (busy, True) in said:
        return Mode.SYSTEM_BUSY
    if (idle, True) in said and (idle, False) not in said:
        return Mode.IDLE
    return Mode.RECOVERING if (recovering, True) in said and (recovering, False) not in said else Mode.NORMAL
