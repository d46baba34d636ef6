"""Quantiles of classic histograms, computed as Prometheus does."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs

_SMALL = 1e-12
"""Relative differences between neighbouring buckets below it are rounding, not observations."""


@attrs.frozen
class Quantile:
    """A quantile and the bucket it was interpolated in. Not a number where there is none."""

    value: float
    lower: float = math.nan
    upper: float = math.nan
    """Infinite when the quantile lies above every finite bound; the value is then the highest of them."""


_NONE = Quantile(math.nan)


def histogram_quantile(q: float, buckets: Mapping[float, float]) -> Quantile:
    """The q-quantile of a cumulative histogram.

    :param buckets: upper bound to the number or rate of observations at or below it; without the bound +Inf,
        or with that one alone, there is no quantile.
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or not math.isinf(bounds[-1]):
        return _NONE
    counts = _never_falling([buckets[bound] for bound in bounds])
    observations = counts[-1]
    if not observations > 0:  # zero, or not a number
        return _NONE
    rank = q * observations
    index = next((i for i, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if index == len(counts) - 1:
        return Quantile(bounds[-2], bounds[-2], math.inf)
    upper = bounds[index]
    if index == 0 and upper <= 0:
        return Quantile(upper, -math.inf, upper)
    lower = bounds[index - 1] if index else 0.0
    below = counts[index - 1] if index else 0.0
    return Quantile(lower + (upper - lower) * ((rank - below) / (counts[index] - below)), lower, upper)


def _never_falling(counts: list[float]) -> list[float]:
    # Buckets are scraped one after the other while the process goes on counting, so a wider one can lag.
    fixed = counts[:1]
    for count in counts[1:]:
        previous = fixed[-1]
        fixed.append(previous if count <= previous or _nearly(previous, count) else count)
    return fixed


def _nearly(one: float, other: float) -> bool:
    return abs(one - other) / (abs(one) + abs(other)) < _SMALL
