"""Judging one gate against one reading: fired, clear or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot_hookspecs import (
    Band,
    Condition,
    Direction,
    Gate,
    Level,
    Missing,
    MissingReason,
    Mode,
    Reading,
    Sample,
    Threshold,
)

# Looked up for every gate of every cycle: a name of this module is found three times as fast as an enum's member.
_ABOVE, _CRITICAL = Direction.ABOVE, Level.CRITICAL
_FIRED, _CLEAR, _UNKNOWN = Outcome.FIRED, Outcome.CLEAR, Outcome.UNKNOWN


@attrs.frozen
class Judge:
    """Everything a gate is judged by, besides the gate."""

    reading: Reading
    thresholds: Mapping[str, float]
    """The numbers of the present scale band."""

    def judge(self, gate: Gate, mode: Mode) -> GateResult:
        """The gate's answer. A gate is never clear because something could not be read."""
        key, level, signal, threshold = gate.key, gate.level, gate.signal, self.thresholds[gate.threshold]
        found = self.reading.samples.get(signal)
        # Written out rather than evolved step by step: every cycle of every back-test comes through here.
        value: float | None = None
        where: tuple[tuple[str, str], ...] = ()
        if isinstance(found, Sample):
            value, where = found.value, found.series[0].labels if found.series else ()
        if gate.rests_in and mode in gate.rests_in:
            note = f"Not judged while the cluster is {mode.value}."
            return GateResult(key, level, _CLEAR, signal, value, threshold, None, where, note)
        if gate.when:
            outcome, note, unanswered = self._conditions(gate)
            if outcome is not _FIRED:
                return GateResult(key, level, outcome, signal, value, threshold, None, where, note, unanswered)
        if value is None:
            assert not isinstance(found, Sample)
            why = _why_missing(signal, found)
            return GateResult(key, level, _UNKNOWN, signal, None, threshold, None, (), why, _unanswered(found))
        above = gate.direction is _ABOVE
        distance = value - threshold if above else threshold - value
        margin = distance / abs(threshold) if threshold else distance
        if value > threshold if above else value < threshold:
            near = level is _CRITICAL
            return GateResult(key, level, _FIRED, signal, value, threshold, margin, where, "", False, near)
        recovery = gate.recovery
        near = level is _CRITICAL and recovery is not None and _beyond(gate.direction, value, threshold * recovery)
        return GateResult(key, level, _CLEAR, signal, value, threshold, margin, where, "", False, near)

    def _conditions(self, gate: Gate) -> tuple[Outcome, str, bool]:
        """Fired when all conditions hold, clear when one does not, unknown when one cannot be read.

        With it the note, and whether nobody could be asked.
        """
        outcome, note, unanswered = _FIRED, "", False
        for condition in gate.when:
            found = self.reading.samples.get(condition.signal)
            if not isinstance(found, Sample):
                outcome, note = _UNKNOWN, _why_missing(condition.signal, found)
                unanswered = unanswered or _unanswered(found)
            elif not _beyond(condition.direction, found.value, self.thresholds[condition.threshold]):
                return _CLEAR, _not_applicable(condition), False
        return outcome, note, unanswered


def thresholds_at(band: Band, thresholds: Iterable[Threshold]) -> dict[str, float]:
    """Threshold keys with their numbers for one band."""
    return {threshold.key: threshold.at(band) for threshold in thresholds}


def _beyond(direction: Direction, value: float, threshold: float) -> bool:
    return value > threshold if direction is _ABOVE else value < threshold


def _why_missing(signal: str, found: Missing | None) -> str:
    if found is None:
        return f"{signal} was not read."
    detail = f": {found.detail}" if found.detail else "."
    return f"{signal} is missing, {found.reason.value.replace('_', ' ')}{detail}"


def _unanswered(found: Missing | None) -> bool:
    return found is None or found.reason is not MissingReason.NO_DATA


def _not_applicable(condition: Condition) -> str:
    side = "not above" if condition.direction is _ABOVE else "not below"
    return f"Not judged: {condition.signal} is {side} {condition.threshold}."
