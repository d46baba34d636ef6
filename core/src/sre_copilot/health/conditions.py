"""What must hold before a gate is judged, such as enough demand to speak of a ratio.

Many gates share a condition. What depends on the rules alone is worked out once, and each condition is looked at once a
cycle for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from sre_copilot.health.decision import Outcome
from sre_copilot_hookspecs import Condition, Direction, Missing, MissingReason, Sample

Found = Sample | Missing | None
"""What was read of a signal; nothing where it was not asked."""
Look = Callable[[str], Found]
"""Tells what was read of a signal."""
Unjudged = tuple[Outcome, str, bool]
"""Why a gate is not judged: what it then says, in words, and whether that is because nobody could be asked."""
Check = Callable[[Look], Unjudged | None]
"""Nothing when all conditions hold, clear when one does not, unknown when one cannot be read, with why."""

NOTHING: Unjudged = (Outcome.UNKNOWN, "", True)
"""What is said before anything was asked."""

# A name of this module is found three times as fast as an enum's member.
_CLEAR, _UNKNOWN = Outcome.CLEAR, Outcome.UNKNOWN
_NO_DATA = MissingReason.NO_DATA


def _check_all(conditions: Sequence[Condition], thresholds: Mapping[str, float]) -> Check:
    checks = tuple(check_anywhere(condition, thresholds[condition.threshold]) for condition in conditions)
    if len(checks) == 1:
        return checks[0]

    def every(look: Look) -> Unjudged | None:
        return combined(check(look) for check in checks)

    return every


def combined(answers: Iterable[Unjudged | None]) -> Unjudged | None:
    """What several conditions come to: one that does not hold weighs more than one that cannot be read."""
    unknown: Unjudged | None = None
    for unjudged in answers:
        if unjudged is None:
            continue
        if unjudged[0] is _CLEAR:
            return unjudged
        unknown = unjudged if unknown is None else (_UNKNOWN, unjudged[1], unjudged[2] or unknown[2])
    return unknown


def check_anywhere(condition: Condition, limit: float) -> Check:
    """The check of one condition that looks at a signal's value."""
    signal, above, why = condition.signal, condition.direction is Direction.ABOVE, why_missing(condition.signal)
    refusal = not_applicable(condition)

    def holds(look: Look) -> Unjudged | None:
        found = look(signal)
        if not isinstance(found, Sample):
            return why(found)
        return None if (found.value > limit if above else found.value < limit) else refusal

    return holds


def beyond(condition: Condition, value: float, limit: float) -> bool:
    """Whether a value is on the side of the limit that the condition speaks of."""
    return value > limit if condition.direction is Direction.ABOVE else value < limit


def not_applicable(condition: Condition) -> Unjudged:
    """What a gate says while the condition does not hold."""
    side = "not above" if condition.direction is Direction.ABOVE else "not below"
    return _CLEAR, f"Not judged: {condition.signal} is {side} {condition.threshold}.", False


def why_missing(signal: str) -> Callable[[Missing | None], Unjudged]:
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


@attrs.frozen(eq=False)
class SharedConditions:
    """The conditions that several gates may share."""

    checks: tuple[Check, ...]
    places: Mapping[tuple[Condition, ...], int]
    """Where the answer of each set of conditions is."""

    @classmethod
    def of(cls, sets: Iterable[tuple[Condition, ...]], thresholds: Mapping[str, float]) -> SharedConditions:
        """Each set of conditions once.

        :param thresholds: the numbers of one scale band, by key.
        """
        different = tuple(dict.fromkeys(sets))
        places = {conditions: place for place, conditions in enumerate(different)}
        return cls(tuple(_check_all(conditions, thresholds) for conditions in different), places)

    def look(self, look: Look) -> list[Unjudged | None]:
        """The answer of each set."""
        return [check(look) for check in self.checks]
