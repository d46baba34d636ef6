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
        found = self._fresh(gate.signal)
        value: float | None = None
        where: tuple[tuple[str, str], ...] = ()
        if isinstance(found, Sample):
            value, where = self._worst(gate, found)

        def unjudged(outcome: Outcome, note: str, *, unanswered: bool = False) -> GateResult:
            return GateResult(
                gate.key, gate.level, outcome, gate.signal, value, threshold, None, where, note, unanswered
            )

        if mode in gate.rests_in:
            return unjudged(Outcome.CLEAR, f"Not judged while the cluster is {mode.value}.")
        holds = self._conditions(gate, found) if gate.when else None
        if holds is not None:
            outcome, note, unanswered = holds
            return unjudged(outcome, note, unanswered=unanswered)
        if not isinstance(found, Sample):
            return unjudged(Outcome.UNKNOWN, _why_missing(gate.signal, found), unanswered=_unanswered(found))
        if value is None:
            return unjudged(Outcome.UNKNOWN, f"Not judged: what is usual for {gate.signal} is not known yet.")
        fired = _beyond(gate.direction, value, threshold)
        near = gate.recovery is not None and (fired or _beyond(gate.direction, value, threshold * gate.recovery))
        return GateResult(
            gate.key,
            gate.level,
            Outcome.FIRED if fired else Outcome.CLEAR,
            gate.signal,
            value,
            threshold,
            _margin(gate.direction, value, threshold),
            where,
            "",
            False,
            near,
        )

    def _fresh(self, signal: str) -> Sample | Missing | None:
        """The sample of a signal, or why it cannot be judged now."""
        found = self.reading.samples.get(signal)
        if isinstance(found, Sample) and found.age > self.stale_after:
            return Missing(MissingReason.STALE, f"its newest sample is {found.age:.0f} s old.")
        return found

    def _worst(self, gate: Gate, found: Sample) -> tuple[float | None, tuple[tuple[str, str], ...]]:
        """The value that is judged, and its labels; no value where it would be a multiple of nothing."""
        if any(condition.same_place for condition in gate.when):
            found = self._where_conditions_hold(gate, found)
        where = found.series[0].labels if found.series else ()
        if not gate.relative:
            return found.value, where
        usual = self.usual.get(gate.signal)
        return (found.value / usual if usual is not None and usual > 0 else None), where

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

    def _holds(self, condition: Condition, judged: Sample | Missing | None, found: Sample) -> bool:
        limit = self.thresholds[condition.threshold]
        if not condition.same_place or not isinstance(judged, Sample) or not (judged.series and found.series):
            return _beyond(condition.direction, found.value, limit)
        places = {one.labels for one in judged.series}
        return any(one.labels in places and _beyond(condition.direction, one.value, limit) for one in found.series)

    def _conditions(self, gate: Gate, judged: Sample | Missing | None) -> tuple[Outcome, str, bool] | None:
        """Nothing when all conditions hold, clear when one does not, unknown when one cannot be read, with why."""
        unknown: tuple[Outcome, str, bool] | None = None
        for condition in gate.when:
            found = self._fresh(condition.signal)
            if not isinstance(found, Sample):
                unanswered = _unanswered(found) or (unknown is not None and unknown[2])
                unknown = (Outcome.UNKNOWN, _why_missing(condition.signal, found), unanswered)
            elif not self._holds(condition, judged, found):
                return Outcome.CLEAR, _not_applicable(condition), False
        return unknown


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
