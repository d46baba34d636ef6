"""What the cluster is busy with, and how much of it can be seen."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Category, Gate, Level, Missing, MissingReason, Mode, Reading, Sample

JUDGING = (Level.CRITICAL, Level.STRESSED, Level.HEALTHY)
"""Levels that decide about the state; the others say what the cluster is busy with, or serve causes."""


_FIRED = Outcome.FIRED


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
    found = [reading.samples.get(key) for key in watched]
    # Asking each by itself would take twice as long, and nearly all are samples.
    return len([one for one in found if isinstance(one, Sample) or is_seen(one)]) / len(watched)


@attrs.frozen
class Places:
    """Where among the gates of a ruleset those of some levels stand, so that nobody looks for them every cycle."""

    critical: tuple[int, ...]
    healthy: tuple[int, ...]
    idle: tuple[int, ...]
    busy: tuple[int, ...]
    recovering: tuple[int, ...]

    @classmethod
    def of(cls, gates: Sequence[Gate]) -> Places:
        """The places in a ruleset's gates."""
        levels = (Level.CRITICAL, Level.HEALTHY, Level.IDLE, Level.SYSTEM_BUSY, Level.RECOVERING)
        return cls(*(tuple(place for place, gate in enumerate(gates) if gate.level is level) for level in levels))


def provisional_mode(results: Sequence[GateResult], places: Places, *, blind: bool) -> Mode:
    """The mode by its own gates; idle is only proven once no other gate objects."""
    if blind:
        return Mode.BLIND
    for place in places.busy:
        if results[place].outcome is _FIRED:
            return Mode.SYSTEM_BUSY
    if _all_fired(results, places.idle):
        return Mode.IDLE
    return Mode.RECOVERING if _all_fired(results, places.recovering) else Mode.NORMAL


def _all_fired(results: Sequence[GateResult], places: tuple[int, ...]) -> bool:
    for place in places:
        if results[place].outcome is not _FIRED:
            return False
    return bool(places)
