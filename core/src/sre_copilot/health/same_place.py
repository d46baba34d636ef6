"""Gates on signals with dimensions, judged only where their conditions hold: one queue is not blamed for another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

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
    limits = [(condition, thresholds[condition.threshold]) for condition in conditions if condition.same_place]
    if not limits:
        return None
    checks = [_check(condition, limit) for condition, limit in limits]

    def narrow(look: Look, found: Found) -> tuple[Found, Unjudged | None]:
        for condition, limit in limits:
            found = _kept(found, look(condition.signal), condition, limit)
        return found, combined([check(look, found) for check in checks])

    return narrow


def _kept(found: Found, other: Found, condition: Condition, limit: float) -> Found:
    """The sample reduced to the labels at which the condition holds; as it is where that cannot be told."""
    if not isinstance(found, Sample) or not isinstance(other, Sample) or not (found.series and other.series):
        return found
    places = {one.labels for one in other.series if beyond(condition, one.value, limit)}
    kept = tuple(one for one in found.series if one.labels in places)
    if not kept or len(kept) == len(found.series):
        return found
    # Worst first, as every sample with series is.
    return attrs.evolve(found, value=kept[0].value, series=kept)


def _check(condition: Condition, limit: float) -> Callable[[Look, Found], Unjudged | None]:
    anywhere, refusal = check_anywhere(condition, limit), not_applicable(condition)

    def check(look: Look, judged: Found) -> Unjudged | None:
        found = look(condition.signal)
        if not isinstance(found, Sample) or not isinstance(judged, Sample) or not (found.series and judged.series):
            return anywhere(look)
        places = {one.labels for one in judged.series}
        holds = any(one.labels in places and beyond(condition, one.value, limit) for one in found.series)
        return None if holds else refusal

    return check
