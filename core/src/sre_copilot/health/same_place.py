"""Gates on signals with dimensions, judged only where their conditions hold: one queue is not blamed for another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sre_copilot.health.conditions import (
    Found,
    Look,
    Unjudged,
    beyond,
    check_anywhere,
    combined,
    not_applicable,
)
from sre_copilot_hookspecs import Condition, Sample

Narrow = Callable[[Look, Found], tuple[Found, Unjudged | None]]
"""Takes what was read of a gate's signal; gives what of it is to be judged, and what the conditions say."""


def narrowing(conditions: Sequence[Condition], thresholds: Mapping[str, float]) -> Narrow | None:
    """How to keep to the labels at which the conditions hold, where there are such conditions.

    :param thresholds: the numbers of one scale band, by key.
    """
    steps = [_step(condition, thresholds[condition.threshold]) for condition in conditions if condition.same_place]
    if not steps:
        return None

    def narrow(look: Look, found: Found) -> tuple[Found, Unjudged | None]:
        answers = []
        for step in steps:
            found, unjudged = step(look, found)
            answers.append(unjudged)
        return found, combined(answers)

    return narrow


def _step(condition: Condition, limit: float) -> Narrow:
    anywhere, refusal = check_anywhere(condition, limit), not_applicable(condition)

    def step(look: Look, judged: Found) -> tuple[Found, Unjudged | None]:
        found = look(condition.signal)
        if not isinstance(found, Sample) or not isinstance(judged, Sample) or not (found.series and judged.series):
            # Where one of the two has no labels it holds everywhere or nowhere.
            return judged, anywhere(look)
        places = {one.labels for one in found.series if beyond(condition, one.value, limit)}
        kept = tuple([one for one in judged.series if one.labels in places])
        if not kept:
            return judged, refusal
        # Worst first, as every sample with series is.
        return Sample(kept[0].value, judged.age, kept, judged.dropped, judged.note), None

    return step
