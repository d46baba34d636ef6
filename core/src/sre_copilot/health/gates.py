"""Judging one gate against one reading: fired, clear or unknown."""

from __future__ import annotations

import math
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


@attrs.frozen
class Judge:
    """Everything a gate is judged by, besides the gate."""

    reading: Reading
    thresholds: Mapping[str, float]
    """The numbers of the present scale band."""
    usual: Mapping[str, float] = attrs.field(factory=dict)
    """What signals usually are, for gates that compare them with their own past."""
    stale_after: float = math.inf
    """Seconds after which a sample no longer speaks of now."""

    def judge(self, gate: Gate, mode: Mode) -> GateResult:
        """The gate's answer. A gate is never clear because something could not be read."""
        threshold = self.thresholds[gate.threshold]
        result = GateResult(gate.key, gate.level, Outcome.CLEAR, gate.signal, None, threshold)
        found = self._fresh(gate.signal)
        if isinstance(found, Sample):
            found = self._where_conditions_hold(gate, found)
            result = attrs.evolve(result, value=found.value, where=found.series[0].labels if found.series else ())
            if gate.relative:
                result = attrs.evolve(result, value=self._times_usual(gate.signal, found.value))
        if mode in gate.rests_in:
            return attrs.evolve(result, note=f"Not judged while the cluster is {mode.value}.")
        holds = self._conditions(gate)
        if holds.outcome is not Outcome.FIRED:
            return attrs.evolve(result, outcome=holds.outcome, note=holds.note, unanswered=holds.unanswered)
        if not isinstance(found, Sample):
            why = _why_missing(gate.signal, found)
            return attrs.evolve(result, outcome=Outcome.UNKNOWN, note=why, unanswered=_unanswered(found))
        if result.value is None:
            note = f"Not judged: what is usual for {gate.signal} is not known yet."
            return attrs.evolve(result, outcome=Outcome.UNKNOWN, note=note)
        return self._compare(gate, result, result.value, threshold)

    def _fresh(self, signal: str) -> Sample | Missing | None:
        """The sample of a signal, or why it cannot be judged now."""
        found = self.reading.samples.get(signal)
        if isinstance(found, Sample) and found.age > self.stale_after:
            return Missing(MissingReason.STALE, f"its newest sample is {found.age:.0f} s old.")
        return found

    def _where_conditions_hold(self, gate: Gate, found: Sample) -> Sample:
        """The sample reduced to the labels at which the conditions hold; as it is where that cannot be told."""
        for condition in gate.when:
            other = self._fresh(condition.signal)
            if not condition.same_place or not isinstance(other, Sample) or not (found.series and other.series):
                continue
            limit = self.thresholds[condition.threshold]
            places = {one.labels for one in other.series if _beyond(condition.direction, one.value, limit)}
            kept = tuple(one for one in found.series if one.labels in places)
            if kept:
                # Worst first, as every sample with series is.
                found = attrs.evolve(found, value=kept[0].value, series=kept)
        return found

    def _holds_somewhere(self, condition: Condition, judged: Sample, found: Sample) -> bool:
        limit = self.thresholds[condition.threshold]
        if not condition.same_place or not (judged.series and found.series):
            return _beyond(condition.direction, found.value, limit)
        places = {one.labels for one in judged.series}
        return any(one.labels in places and _beyond(condition.direction, one.value, limit) for one in found.series)

    def _times_usual(self, signal: str, value: float) -> float | None:
        usual = self.usual.get(signal)
        # Nothing is a multiple of nothing.
        return value / usual if usual is not None and usual > 0 else None

    def _compare(self, gate: Gate, result: GateResult, value: float, threshold: float) -> GateResult:
        fired = _beyond(gate.direction, value, threshold)
        near = fired or (gate.recovery is not None and _beyond(gate.direction, value, threshold * gate.recovery))
        return attrs.evolve(
            result,
            outcome=Outcome.FIRED if fired else Outcome.CLEAR,
            margin=_margin(gate.direction, value, threshold),
            near=near and gate.level is Level.CRITICAL,
        )

    def _conditions(self, gate: Gate) -> GateResult:
        """Fired when all conditions hold, clear when one does not, unknown when one cannot be read."""
        answer = GateResult(gate.key, gate.level, Outcome.FIRED, gate.signal, None, 0.0)
        unknown = None
        there = self._fresh(gate.signal)
        judged = there if isinstance(there, Sample) else Sample(0.0)
        for condition in gate.when:
            found = self._fresh(condition.signal)
            if not isinstance(found, Sample):
                unknown = attrs.evolve(
                    answer,
                    outcome=Outcome.UNKNOWN,
                    note=_why_missing(condition.signal, found),
                    unanswered=_unanswered(found) or (unknown is not None and unknown.unanswered),
                )
            elif not self._holds_somewhere(condition, judged, found):
                return attrs.evolve(answer, outcome=Outcome.CLEAR, note=_not_applicable(condition))
        return unknown or answer


def thresholds_at(band: Band, thresholds: Iterable[Threshold]) -> dict[str, float]:
    """Threshold keys with their numbers for one band."""
    return {threshold.key: threshold.at(band) for threshold in thresholds}


def _beyond(direction: Direction, value: float, threshold: float) -> bool:
    return value > threshold if direction is Direction.ABOVE else value < threshold


def _margin(direction: Direction, value: float, threshold: float) -> float:
    distance = value - threshold if direction is Direction.ABOVE else threshold - value
    return distance / abs(threshold) if threshold else distance


def _why_missing(signal: str, found: Missing | None) -> str:
    if found is None:
        return f"{signal} was not read."
    detail = f": {found.detail}" if found.detail else "."
    return f"{signal} is missing, {found.reason.value.replace('_', ' ')}{detail}"


def _unanswered(found: Missing | None) -> bool:
    return found is None or found.reason is not MissingReason.NO_DATA


def _not_applicable(condition: Condition) -> str:
    side = "not above" if condition.direction is Direction.ABOVE else "not below"
    return f"Not judged: {condition.signal} is {side} {condition.threshold}."
