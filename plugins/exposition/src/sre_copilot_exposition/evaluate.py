"""Metric expressions over scraped samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import attrs

from sre_copilot_exposition.absence import why_none
from sre_copilot_exposition.gauges import gauge_values, synthetic_values
from sre_copilot_exposition.growth import Windows, growth_of, observed
from sre_copilot_exposition.histograms import (
    Buckets,
    buckets_by,
    no_bound,
    quantile_of,
    share_over,
)
from sre_copilot_exposition.outcome import (
    Key,
    Outcome,
    Value,
    aggregated,
    finite,
    key_of,
    missing,
    zero,
)
from sre_copilot_exposition.pairing import combined
from sre_copilot_exposition.rate import Edition, total
from sre_copilot_exposition.reach import Reach, reached, selected, speaking
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    Aggregate,
    Aggregation,
    Arithmetic,
    Expr,
    GaugeValue,
    Increase,
    Mean,
    Metric,
    Missing,
    MissingReason,
    Number,
    ObservationRate,
    Quantile,
    Rate,
    ShareOver,
)
from sre_copilot_hookspecs.wire import BUCKET, COUNT, SUM, SYNTHETIC, TOLD_NOTE, scale, told_quantile


class Evaluator:
    """Evaluates expressions over the targets of one cluster at one instant."""

    def __init__(self, cluster: str, views: Sequence[TargetView], at: int, edition: Edition = Edition.THIRD) -> None:
        self._cluster = cluster
        self._views = tuple(views)
        self._windows = Windows(at, edition)
        self._known: dict[Expr, Outcome] = {}
        self.at = at

    def evaluate(self, expression: Expr) -> Outcome:
        """The values of an expression. Each part is computed once, however many signals share it."""
        if expression not in self._known:
            self._known[expression] = self._evaluate(expression)
        return self._known[expression]

    def _evaluate(self, expression: Expr) -> Outcome:
        match expression:
            case Number():
                return Outcome({(): Value(expression.value, 0)})
            case Aggregate():
                return self._aggregate(expression)
            case Arithmetic():
                left, right = self.evaluate(expression.left), self.evaluate(expression.right)
                return combined(expression, left, right, self.at)
            case GaugeValue():
                return self._gauge(expression)
            case Rate():
                return self._growth(expression, expression.metric, "", expression.window)
            case Increase():
                return self._growth(expression, expression.metric, "", 1)
            case ObservationRate():
                return self._growth(expression, expression.metric, COUNT, expression.window)
            case Mean():
                return self._mean(expression)
            case Quantile():
                return self._buckets(expression, quantile_of(expression.q, expression.unit))
            case ShareOver():
                return self._share_over(expression)
        detail = f"Direct scraping does not know {type(expression).__name__}."
        return missing(MissingReason.REJECTED, detail)

    def _aggregate(self, expression: Aggregate) -> Outcome:
        operand = self.evaluate(expression.operand)
        if not operand.values:
            plain_absence = operand.why is None and not expression.by
            return zero(self.at, operand.notes) if plain_absence else operand
        positions = [expression.operand.labels.index(label) for label in expression.by]
        groups: dict[Key, list[Value]] = defaultdict(list)
        for key, value in operand.values.items():
            groups[tuple(key[position] for position in positions)].append(value)
        values = {key: aggregated(found, expression.how) for key, found in groups.items()}
        return self._known_or(finite(values), f"{expression!r} is not a finite number.", operand.notes)

    def _known_or(self, values: dict[Key, Value], detail: str, notes: tuple[str, ...]) -> Outcome:
        if values:
            return Outcome(values, notes=notes)
        return Outcome(why=Missing(MissingReason.NO_DATA, detail), notes=notes)

    def _gauge(self, expression: GaugeValue) -> Outcome:
        metric = expression.metric
        if metric.name in SYNTHETIC:
            targets = selected(self._views, metric.matchers, self._cluster)
            if isinstance(targets, Missing):
                return Outcome(why=targets)
            about = synthetic_values(metric, targets, expression.by)
            return self._aggregated_gauge(expression, targets, about)
        reach = self._answering(expression, metric)
        if isinstance(reach, Missing):
            return Outcome(why=reach)
        return self._aggregated_gauge(expression, reach, gauge_values(metric, reach, expression.by, self.at))

    def _aggregated_gauge(self, expression: GaugeValue, reach: Reach, groups: dict[Key, list[Value]]) -> Outcome:
        if not groups:
            return Outcome(why=why_none(expression.metric, reach, "", self.at), notes=reach.notes)
        values = {key: aggregated(found, expression.how) for key, found in groups.items()}
        return self._known_or(finite(values), f"{expression!r} is not a finite number.", reach.notes)

    def _answering(self, expression: Expr, metric: Metric) -> Reach | Missing:
        reach = reached(self._views, metric.matchers, self._cluster)
        return reach if isinstance(reach, Missing) else speaking(reach, expression)

    def _reach(self, expression: Expr, metric: Metric, part: str, window: int) -> Reach | Missing:
        reach = self._answering(expression, metric)
        return reach if isinstance(reach, Missing) else observed(reach, metric, part, window, self._windows)

    def _growth(
        self,
        expression: Rate | Increase | ObservationRate,
        metric: Metric,
        part: str,
        per: int,
    ) -> Outcome:
        reach = self._reach(expression, metric, part, expression.window)
        if isinstance(reach, Missing):
            return Outcome(why=reach)
        groups: dict[Key, list[Value]] = defaultdict(list)
        for view, growth in growth_of(metric, part, reach, expression.window, self._windows):
            key = key_of(growth.series.labels, expression.by, view.dialect)
            groups[key].append(Value(growth.amount / per, growth.at))
        values = {key: aggregated(found, Aggregation.SUM) for key, found in groups.items()}
        if values:
            return self._known_or(finite(values), f"{expression!r} is not a finite number.", reach.notes)
        if reach.foreign or reach.blind is not None:
            return Outcome(why=why_none(metric, reach, part, self.at), notes=reach.notes)
        # The process is up and the counter is not there: it never fired.
        return Outcome(notes=reach.notes) if expression.by else zero(self.at, reach.notes)

    def _buckets(self, expression: Quantile | ShareOver, value: Callable[[Buckets], Value | None]) -> Outcome:
        metric = expression.metric
        reach = self._reach(expression, metric, BUCKET, expression.window)
        if isinstance(reach, Missing):
            return Outcome(why=reach)
        if isinstance(expression, Quantile) and any(view.dialect.told_quantiles for view in reach.views):
            return self._told(expression, reach)
        found = buckets_by(metric, expression.by, reach, expression.window, self._windows)
        if not found:
            return Outcome(why=why_none(metric, reach, BUCKET, self.at), notes=reach.notes)
        values = {key: value(buckets) for key, buckets in found.items()}
        known = finite({key: number for key, number in values.items() if number is not None})
        if known:
            return Outcome(known, notes=reach.notes)
        if isinstance(expression, ShareOver) and None in values.values():
            return Outcome(why=no_bound(metric, expression.bound, found.values()), notes=reach.notes)
        return self._nothing_observed(expression, reach)

    def _told(self, expression: Quantile, reach: Reach) -> Outcome:
        metric = expression.metric
        if not all(view.dialect.told_quantiles for view in reach.views):
            detail = f"Quantiles of {metric!r} are told by some targets only; add role to its conditions."
            return missing(MissingReason.REJECTED, detail)
        groups = gauge_values(
            metric, reach, expression.by, self.at, lambda dialect: told_quantile(dialect, expression) or ""
        )
        highest = {key: aggregated(found, Aggregation.MAX) for key, found in groups.items()}
        known = finite({key: attrs.evolve(value, note=TOLD_NOTE) for key, value in highest.items()})
        return Outcome(known, notes=reach.notes) if known else self._nothing_observed(expression, reach)

    def _share_over(self, expression: ShareOver) -> Outcome:
        return self._buckets(expression, lambda buckets: share_over(expression.bound, buckets))

    def _mean(self, expression: Mean) -> Outcome:
        metric = expression.metric
        reach = self._reach(expression, metric, COUNT, expression.window)
        if isinstance(reach, Missing):
            return Outcome(why=reach)
        sums: dict[Key, list[float]] = defaultdict(list)
        counts: dict[Key, list[Value]] = defaultdict(list)
        for view, growth in growth_of(metric, SUM, reach, expression.window, self._windows):
            seconds = growth.amount * scale(view.dialect, metric)
            sums[key_of(growth.series.labels, expression.by, view.dialect)].append(seconds)
        for view, growth in growth_of(metric, COUNT, reach, expression.window, self._windows):
            counts[key_of(growth.series.labels, expression.by, view.dialect)].append(Value(growth.amount, growth.at))
        values = {}
        for key, found in counts.items():
            observed_count = aggregated(found, Aggregation.SUM)
            if observed_count.number > 0 and key in sums:
                values[key] = attrs.evolve(observed_count, number=total(sums[key]) / observed_count.number)
        known = finite(values)
        if known:
            return Outcome(known, notes=reach.notes)
        if not counts:
            return Outcome(why=why_none(metric, reach, COUNT, self.at), notes=reach.notes)
        return self._nothing_observed(expression, reach)

    def _nothing_observed(self, expression: Quantile | ShareOver | Mean, reach: Reach) -> Outcome:
        detail = f"There was no observation of {expression.metric!r} in the last {expression.window} s."
        return self._known_or({}, detail, reach.notes)
