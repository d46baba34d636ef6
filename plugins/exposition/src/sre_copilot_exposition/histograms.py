"""Quantiles, shares and means of distributions, from the growth of their buckets."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import attrs

from sre_copilot_exposition.growth import Windows, growth_of
from sre_copilot_exposition.outcome import Key, Value, key_of
from sre_copilot_exposition.quantile import histogram_quantile
from sre_copilot_exposition.rate import total
from sre_copilot_exposition.reach import Reach
from sre_copilot_hookspecs import Distribution, Missing, MissingReason, Unit
from sre_copilot_hookspecs.buckets import SYMBOLS, bucket_note
from sre_copilot_hookspecs.wire import BUCKET, scale, scaled


@attrs.frozen
class Buckets:
    """The growth of a cumulative histogram's buckets, in base units."""

    counts: Mapping[float, float]
    at: int

    @property
    def observations(self) -> float:
        """How many there were, bucketed or not."""
        return self.counts.get(math.inf, math.nan)


def buckets_by(
    metric: Distribution, by: tuple[str, ...], reach: Reach, window: int, windows: Windows
) -> dict[Key, Buckets]:
    """Buckets summed over all series with the same labels ``by``."""
    amounts: dict[Key, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    newest: dict[Key, int] = {}
    for view, growth in growth_of(metric, BUCKET, reach, window, windows):
        if growth.series.bound is None:
            continue  # as in Prometheus: a bound that is no number belongs to no bucket
        key = key_of(growth.series.labels, by, view.dialect)
        bound = scaled(growth.series.bound, scale(view.dialect, metric))
        amounts[key][bound].append(growth.amount)
        newest[key] = max(growth.at, newest.get(key, 0))
    return {
        key: Buckets({bound: total(found) for bound, found in bounds.items()}, newest[key])
        for key, bounds in amounts.items()
    }


def quantile_of(q: float, unit: Unit) -> Callable[[Buckets], Value]:
    """Buckets to their quantile, with a note on how sure it is."""

    def value(buckets: Buckets) -> Value:
        found = histogram_quantile(q, buckets.counts)
        return Value(found.value, buckets.at, bucket_note(found.lower, found.upper, unit))

    return value


def share_over(bound: float, buckets: Buckets) -> Value | None:
    """The share of observations above a bound; ``None`` where there is no such bound."""
    below = next((count for at, count in buckets.counts.items() if math.isclose(at, bound)), None)
    if below is None:
        return None
    if not buckets.observations > 0:
        return Value(math.nan, buckets.at)
    return Value(min(1.0, max(0.0, 1 - below / buckets.observations)), buckets.at)


def no_bound(metric: Distribution, bound: float, found: Iterable[Buckets]) -> Missing:
    """What to say about a bound that is not exported."""
    symbol = SYMBOLS.get(metric.unit, "")
    bounds = sorted({at for buckets in found for at in buckets.counts if math.isfinite(at)})
    listed = ", ".join(f"{at:g}" for at in bounds) or "none"
    return Missing(
        MissingReason.REJECTED,
        f"{metric.name} has no bucket bound at {bound:g}{symbol}; there are {listed}{symbol}.",
    )
