"""The increase of a counter over a window, computed as Prometheus does."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence

Point = tuple[int, float]
"""Milliseconds and value."""


class Edition(enum.IntEnum):
    """Whose details are followed: the second or the third major version of Prometheus.

    They differ at two edges. A window contains its first instant in the second and not in the third. And the
    second looks for a counter's zero point before it decides how far to extrapolate, the third afterwards.
    """

    SECOND = 2
    THIRD = 3


def within(at: int, start: int, end: int, edition: Edition) -> bool:
    """Whether an instant lies in the window."""
    return start < at <= end or (at == start and edition is Edition.SECOND)


def increase(points: Sequence[Point], start: int, end: int, edition: Edition = Edition.THIRD) -> float | None:
    """How much a counter grew between ``start`` and ``end``, in milliseconds; ``None`` below two points.

    A value below its predecessor means that the counter began again at zero. Between the outermost points
    and the ends of the window the growth is extrapolated: to the end if it is closer than 1.1 times the mean
    distance of the points, otherwise by half that distance; never past the counter's zero.
    """
    if len(points) < 2:
        return None
    first_at, first = points[0]
    last_at, last = points[-1]
    grown = last - first
    previous = first
    for _, value in points:
        if value < previous:
            grown += previous
        previous = value
    sampled = (last_at - first_at) / 1000
    between = sampled / (len(points) - 1)
    to_zero = sampled * (first / grown) if grown > 0 and first >= 0 else math.inf
    to_start = _extrapolated((first_at - start) / 1000, between, to_zero, edition)
    to_end = _extrapolated((end - last_at) / 1000, between, math.inf, edition)
    return grown * ((sampled + to_start + to_end) / sampled)


def _extrapolated(distance: float, between: float, to_zero: float, edition: Edition) -> float:
    if edition is Edition.SECOND:
        distance = min(distance, to_zero)
    if distance >= between * 1.1:
        distance = between / 2
    return distance if edition is Edition.SECOND else min(distance, to_zero)


def total(values: Iterable[float]) -> float:
    """The sum, the same in any order of the values; not a number where it has no finite meaning."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # too large, or infinities of both signs
        return math.nan
