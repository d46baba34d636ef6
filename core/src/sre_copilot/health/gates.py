"""Judging gates against one reading: each is fired, clear or unknown.

What depends on the rules alone is worked out once, when gates are prepared for a scale band: a decision asks dozens of
gates, and a back-test makes a hundred thousand decisions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from sre_copilot.health.conditions import NOTHING, Found, Look, SharedConditions, Unjudged, combined, why_missing
from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot.health.same_place import narrowing
from sre_copilot_hookspecs import Band, Direction, Gate, Level, Missing, Mode, Sample, Threshold

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[str, Sample | Missing]
Usual = Mapping[str, float]
"""What signals usually are, for gates that compare them with their own past."""

# A name of this module is found three times as fast as an enum's member.
_FIRED, _CLEAR, _UNKNOWN = Outcome.FIRED, Outcome.CLEAR, Outcome.UNKNOWN
_NOBODY = GateResult("", Level.EVIDENCE, _UNKNOWN, "", None, 0.0)

Judge = Callable[..., GateResult]
"""Judges a gate by what was read of its signal, and by what its conditions say."""
Special = Callable[[Look, Usual, Unjudged | None], GateResult]
"""Judges a gate that looks at more than that."""


@attrs.frozen(eq=False)
class PreparedGates:
    """The gates of a ruleset with the numbers of one scale band."""

    _conditions: SharedConditions
    _asked: tuple[tuple[Judge, str, int], ...]
    """How to judge each gate, its signal, and the place of what its conditions say."""
    _special: Mapping[int, Special]
    """By the numbers of the gates: for those that a value and a threshold are not enough for."""

    @classmethod
    def of(cls, gates: Sequence[Gate], thresholds: Mapping[str, float]) -> PreparedGates:
        """The gates, ready to be asked.

        :param thresholds: the numbers of one scale band, by key.
        """
        # A condition that looks at one queue belongs to the gate that judges this queue; the others can be shared.
        sets = [tuple(condition for condition in gate.when if not condition.same_place) for gate in gates]
        conditions = SharedConditions.of(sets, thresholds)
        asked: list[tuple[Judge, str, int]] = []
        special: dict[int, Special] = {}
        for number, (gate, held) in enumerate(zip(gates, sets, strict=True)):
            judge = _judge(gate, thresholds[gate.threshold])
            if gate.relative or any(condition.same_place for condition in gate.when):
                special[number] = _special(gate, judge, thresholds)
                judge = _asked_apart
            asked.append((judge, gate.signal, conditions.places[held]))
        return cls(conditions, tuple(asked), special)

    def ask(self, samples: Samples, usual: Usual) -> list[GateResult]:
        """What each gate says where it does not rest. None is clear because something could not be read."""
        look = samples.get
        held = self._conditions.look(look)
        results = [judge(look(signal), held[place]) for judge, signal, place in self._asked]
        for number, judge in self._special.items():
            results[number] = judge(look, usual, held[self._asked[number][2]])
        return results

    def rest(self, number: int, samples: Samples, usual: Usual, mode: Mode) -> GateResult:
        """What the gate of this number says in a mode in which it rests."""
        resting = (_CLEAR, f"Not judged while the cluster is {mode.value}.", False)
        special = self._special.get(number)
        if special is not None:
            return special(samples.get, usual, resting)
        judge, signal, _ = self._asked[number]
        return judge(samples.get(signal), resting)


def thresholds_at(band: Band, thresholds: Iterable[Threshold]) -> dict[str, float]:
    """Threshold keys with their numbers for one band."""
    return {threshold.key: threshold.at(band) for threshold in thresholds}


def _asked_apart(_: Found, __: Unjudged | None) -> GateResult:
    """What stands at the place of a special gate until it is judged."""
    return _NOBODY


def _judge(gate: Gate, threshold: float) -> Judge:
    """How to compare one value with a threshold, wherever the conditions hold: it is all that most gates do."""
    key, level, signal = gate.key, gate.level, gate.signal
    why = why_missing(signal)
    size = abs(threshold) if threshold else 1.0
    recovers = gate.recovery is not None
    # Below is above with all signs turned, which changes no digit. Without a recovery margin nothing is near.
    sign = 1.0 if gate.direction is Direction.ABOVE else -1.0
    limit, held = sign * threshold, sign * threshold * gate.recovery if gate.recovery is not None else math.inf

    # What is exactly at the number is not past it: neither does a bad gate fire there, nor is it less than healthy.
    bound = math.nextafter(limit, -math.inf) if level is Level.HEALTHY else limit

    def compare(value: float, where: Labels) -> GateResult:
        beyond = sign * value
        margin = (beyond - limit) / size
        if beyond > bound:
            return GateResult(key, level, _FIRED, signal, value, threshold, margin, where, "", False, recovers)
        return GateResult(key, level, _CLEAR, signal, value, threshold, margin, where, "", False, beyond > held)

    def refuse(value: float | None, where: Labels, unjudged: Unjudged) -> GateResult:
        outcome, note, unanswered = unjudged
        return GateResult(key, level, outcome, signal, value, threshold, None, where, note, unanswered)

    last: tuple[float | None, Labels, Unjudged | None, GateResult] = (None, (), NOTHING, refuse(None, (), NOTHING))

    def judge(found: Found, unjudged: Unjudged | None, unit: float = 1.0) -> GateResult:
        """:param unit: what the value is counted in, where it is compared with what is usual."""
        nonlocal last
        if isinstance(found, Sample):
            # A negative zero is equal to a zero and written differently; adding a zero leaves only the one.
            value, series = found.value / unit + 0.0, found.series
            where = series[0].labels if series else ()
        else:
            value, where, unjudged = None, (), unjudged or why(found)
        # Most of what gates look at stays as it is from one cycle to the next.
        same_value, same_where, same_reason, result = last
        if value == same_value and where == same_where and unjudged is same_reason:
            return result
        if value is None or unjudged is not None:
            result = refuse(value, where, unjudged or NOTHING)
        else:
            result = compare(value, where)
        last = (value, where, unjudged, result)
        return result

    return judge


def _special(gate: Gate, judge: Judge, thresholds: Mapping[str, float]) -> Special:
    """A gate with conditions on the very queue that it judges, or one that compares with the past."""
    signal, relative, threshold = gate.signal, gate.relative, thresholds[gate.threshold]
    narrow = narrowing(gate.when, thresholds)
    not_usual = (_UNKNOWN, f"Not judged: what is usual for {signal} is not known yet.", False)

    def special(look: Look, usual: Usual, unjudged: Unjudged | None) -> GateResult:
        found = look(signal)
        if narrow is not None:
            found, there = narrow(look, found)
            unjudged = combined((unjudged, there))
        if not relative or not isinstance(found, Sample):
            return judge(found, unjudged)
        known = usual.get(signal)
        if known is not None and known > 0:
            return judge(found, unjudged, known)
        # A multiple of nothing is no value.
        outcome, note, unanswered = unjudged or not_usual
        where = found.series[0].labels if found.series else ()
        return GateResult(gate.key, gate.level, outcome, signal, None, threshold, None, where, note, unanswered)

    return special
