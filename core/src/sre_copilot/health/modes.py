"""What the cluster is busy with, and how much of it can be seen."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Category, Level, Missing, MissingReason, Mode, Reading, Sample

JUDGING = (Level.CRITICAL, Level.STRESSED, Level.HEALTHY)
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
    return sum(is_seen(reading.samples.get(key)) for key in watched) / len(watched)


def provisional_mode(results: Iterable[GateResult], *, blind: bool) -> Mode:
    """The mode by its own gates; idle is only proven once no other gate objects."""
    if blind:
        return Mode.BLIND
    results = tuple(results)
    if _all_fired(results, Level.IDLE):
        return Mode.IDLE
    housekeeping, fired = Level.SYSTEM_BUSY, Outcome.FIRED
    if any(result.level is housekeeping and result.outcome is fired for result in results):
        return Mode.SYSTEM_BUSY
    return Mode.RECOVERING if _all_fired(results, Level.RECOVERING) else Mode.NORMAL


def _all_fired(results: tuple[GateResult, ...], level: Level) -> bool:
    fired = Outcome.FIRED
    outcomes = [result.outcome is fired for result in results if result.level is level]
    return bool(outcomes) and all(outcomes)
