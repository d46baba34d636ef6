"""Judging one gate against one reading: fired, clear or unknown.

What depends on the rules alone is worked out once, when a gate is prepared for a scale band: a decision asks dozens of
gates, and a back-test makes a hundred thousand decisions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

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

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[str, Sample | Missing]
Found = Sample | Missing | None
Usual = Mapping[str, float]
"""What signals usually are, for gates that compare them with their own past."""
Unjudged = tuple[Outcome, str, bool]
"""Why a gate is not judged: what it then says, in words, and whether that is because nobody could be asked."""

# Looked up for every gate of every cycle: a name of this module is found three times as fast as an enum's member.
_FIRED, _CLEAR, _UNKNOWN = Outcome.FIRED, Outcome.CLEAR, Outcome.UNKNOWN
_ABOVE, _NO_DATA = Direction.ABOVE, MissingReason.NO_DATA


@attrs.frozen
class Judge:
    """Everything a gate is judged by, besides the gate."""

    reading: Reading
    thresholds: Mapping[str, float]
    """The numbers of the present scale band."""
    usual: Usual = attrs.field(factory=dict)

    def judge(self, gate: Gate, mode: Mode) -> GateResult:
        """The gate's answer. For many cycles with the same rules, make a :class:`PreparedGate` once."""
        return PreparedGate.of(gate, self.thresholds).judge(self.reading.samples, self.usual, mode)


@attrs.frozen(eq=False)
class PreparedGate:
    """A gate with the numbers of one scale band."""

    gate: Gate
    ask: Callable[[Samples, Usual], GateResult]
    """Its answer where it does not rest. It is never clear because something could not be read."""
    rest: Callable[[Samples, Usual, Mode], GateResult]
    """Its answer in a mode in which it rests."""

    @classmethod
    def of(cls, gate: Gate, thresholds: Mapping[str, float]) -> PreparedGate:
        """The gate, ready to be asked."""
        threshold = thresholds[gate.threshold]
        worst = _worst(gate, thresholds)
        special = gate.relative or any(condition.same_place for condition in gate.when)
        ask = _careful(gate, thresholds, worst) if special else _plain(gate, thresholds)

        def rest(samples: Samples, usual: Usual, mode: Mode) -> GateResult:
            _, value, where = worst(samples, usual)
            note = f"Not judged while the cluster is {mode.value}."
            return GateResult(gate.key, gate.level, _CLEAR, gate.signal, value, threshold, None, where, note)

        return cls(gate, ask, rest)

    def judge(self, samples: Samples, usual: Usual, mode: Mode) -> GateResult:
        """Its answer in a mode."""
        return self.rest(samples, usual, mode) if mode in self.gate.rests_in else self.ask(samples, usual)


def thresholds_at(band: Band, thresholds: Iterable[Threshold]) -> dict[str, float]:
    """Threshold keys with their numbers for one band."""
    return {threshold.key: threshold.at(band) for threshold in thresholds}


def _plain(gate: Gate, thresholds: Mapping[str, float]) -> Callable[[Samples, Usual], GateResult]:
    """A gate that compares one value with its threshold, wherever its conditions hold: nearly all are."""
    key, level, signal, threshold = gate.key, gate.level, gate.signal, thresholds[gate.threshold]
    compare, missing = _comparison(gate, threshold), _missing(gate, threshold)
    conditions = _conditions(gate, thresholds) if gate.when else None

    def ask(samples: Samples, _: Usual) -> GateResult:
        found = samples.get(signal)
        unjudged = conditions(samples, found) if conditions is not None else None
        if not isinstance(found, Sample):
            return missing(found, unjudged)
        where = found.series[0].labels if found.series else ()
        if unjudged is None:
            return compare(found.value, where)
        outcome, note, unanswered = unjudged
        return GateResult(key, level, outcome, signal, found.value, threshold, None, where, note, unanswered)

    return ask


Worst = Callable[[Samples, Usual], tuple[Found, float | None, Labels]]


def _careful(gate: Gate, thresholds: Mapping[str, float], worst: Worst) -> Callable[[Samples, Usual], GateResult]:
    """A gate with conditions, or one that compares with the past."""
    key, level, signal, threshold = gate.key, gate.level, gate.signal, thresholds[gate.threshold]
    compare, missing = _comparison(gate, threshold), _missing(gate, threshold)
    conditions = _conditions(gate, thresholds)
    not_usual = f"Not judged: what is usual for {signal} is not known yet."

    def ask(samples: Samples, usual: Usual) -> GateResult:
        found, value, where = worst(samples, usual)
        unjudged = conditions(samples, found)
        if not isinstance(found, Sample):
            return missing(found, unjudged)
        if unjudged is not None:
            outcome, note, unanswered = unjudged
            return GateResult(key, level, outcome, signal, value, threshold, None, where, note, unanswered)
        if value is not None:
            return compare(value, where)
        return GateResult(key, level, _UNKNOWN, signal, None, threshold, None, where, not_usual)

    return ask


def _comparison(gate: Gate, threshold: float) -> Callable[[float, Labels], GateResult]:
    key, level, signal, above = gate.key, gate.level, gate.signal, gate.direction is _ABOVE
    size = abs(threshold) if threshold else 1.0
    # What is exactly at the number is not past it: neither does a bad gate fire there, nor is it less than healthy.
    bound = math.nextafter(threshold, -math.inf if above else math.inf) if level is Level.HEALTHY else threshold
    recovers = gate.recovery is not None
    # Without a recovery margin nothing is near: no value is beyond infinity.
    held = threshold * gate.recovery if gate.recovery is not None else math.inf if above else -math.inf

    def over(value: float, where: Labels) -> GateResult:
        margin = (value - threshold) / size
        if value > bound:
            return GateResult(key, level, _FIRED, signal, value, threshold, margin, where, "", False, recovers)
        return GateResult(key, level, _CLEAR, signal, value, threshold, margin, where, "", False, value > held)

    def under(value: float, where: Labels) -> GateResult:
        margin = (threshold - value) / size
        if value < bound:
            return GateResult(key, level, _FIRED, signal, value, threshold, margin, where, "", False, recovers)
        return GateResult(key, level, _CLEAR, signal, value, threshold, margin, where, "", False, value < held)

    return over if above else under


def _missing(gate: Gate, threshold: float) -> Callable[[Missing | None, Unjudged | None], GateResult]:
    """What a gate says whose signal cannot be read, after what its conditions say."""
    why = _why(gate.signal)
    last: tuple[Unjudged | None, GateResult | None] = (None, None)

    def missing(found: Missing | None, unjudged: Unjudged | None) -> GateResult:
        nonlocal last
        unjudged, (before, result) = unjudged or why(found), last
        # What is missing is mostly missing for long, and for the same reason.
        if result is None or unjudged is not before:
            outcome, note, unanswered = unjudged
            result = GateResult(gate.key, gate.level, outcome, gate.signal, None, threshold, None, (), note, unanswered)
            last = (unjudged, result)
        return result

    return missing


def _worst(gate: Gate, thresholds: Mapping[str, float]) -> Worst:
    """How to read a gate's signal: what was found, the value that is judged, and its labels.

    There is no value where it would be a multiple of nothing.
    """
    signal, relative = gate.signal, gate.relative
    places = tuple(condition for condition in gate.when if condition.same_place)

    def worst(samples: Samples, usual: Usual) -> tuple[Found, float | None, Labels]:
        found = samples.get(signal)
        if not isinstance(found, Sample):
            return found, None, ()
        if places:
            found = _where_conditions_hold(places, found, samples, thresholds)
        series = found.series
        where = series[0].labels if series else ()
        if not relative:
            return found, found.value, where
        known = usual.get(signal)
        return found, (found.value / known if known is not None and known > 0 else None), where

    return worst


def _where_conditions_hold(
    conditions: Iterable[Condition], found: Sample, samples: Samples, thresholds: Mapping[str, float]
) -> Sample:
    """The sample reduced to the labels at which the conditions hold; as it is where that cannot be told."""
    for condition in conditions:
        other = samples.get(condition.signal)
        if not isinstance(other, Sample) or not (found.series and other.series):
            continue
        limit = thresholds[condition.threshold]
        places = {one.labels for one in other.series if _beyond(condition.direction, one.value, limit)}
        kept = tuple(one for one in found.series if one.labels in places)
        if kept:
            # Worst first, as every sample with series is.
            found = attrs.evolve(found, value=kept[0].value, series=kept)
    return found


def _conditions(gate: Gate, thresholds: Mapping[str, float]) -> Callable[[Samples, Found], Unjudged | None]:
    """Nothing when all conditions hold, clear when one does not, unknown when one cannot be read, with why."""
    checks = tuple(_condition(condition, thresholds[condition.threshold]) for condition in gate.when)

    def every(samples: Samples, judged: Found) -> Unjudged | None:
        unknown: Unjudged | None = None
        for check in checks:
            unjudged = check(samples, judged)
            if unjudged is None:
                continue
            if unjudged[0] is _CLEAR:
                return unjudged
            unknown = unjudged if unknown is None else (_UNKNOWN, unjudged[1], unjudged[2] or unknown[2])
        return unknown

    return checks[0] if len(checks) == 1 else every


def _condition(condition: Condition, limit: float) -> Callable[[Samples, Found], Unjudged | None]:
    signal, direction, above = condition.signal, condition.direction, condition.direction is _ABOVE
    why = _why(signal)
    side = "not above" if above else "not below"
    not_applicable = (_CLEAR, f"Not judged: {signal} is {side} {condition.threshold}.", False)

    def anywhere(samples: Samples, _: Found) -> Unjudged | None:
        found = samples.get(signal)
        if not isinstance(found, Sample):
            return why(found)
        return None if (found.value > limit if above else found.value < limit) else not_applicable

    def at_the_same_place(samples: Samples, judged: Found) -> Unjudged | None:
        found = samples.get(signal)
        if not isinstance(found, Sample) or not isinstance(judged, Sample):
            return anywhere(samples, judged)
        if not (found.series and judged.series):
            return anywhere(samples, judged)
        places = {one.labels for one in judged.series}
        holds = any(one.labels in places and _beyond(direction, one.value, limit) for one in found.series)
        return None if holds else not_applicable

    return at_the_same_place if condition.same_place else anywhere


def _why(signal: str) -> Callable[[Missing | None], Unjudged]:
    """Why a signal cannot be judged. While the reason stays the same, so does the answer."""
    last: tuple[Missing | None, Unjudged] = (None, (_UNKNOWN, f"{signal} was not read.", True))
    never = last[1]

    def why(found: Missing | None) -> Unjudged:
        nonlocal last
        if found is None:
            return never
        before, unjudged = last
        if before is None or found.reason is not before.reason or found.detail != before.detail:
            detail = f": {found.detail}" if found.detail else "."
            note = f"{signal} is missing, {found.reason.value.replace('_', ' ')}{detail}"
            unjudged = (_UNKNOWN, note, found.reason is not _NO_DATA)
            last = (found, unjudged)
        return unjudged

    return why


def _beyond(direction: Direction, value: float, limit: float) -> bool:
    return value > limit if direction is _ABOVE else value < limit
