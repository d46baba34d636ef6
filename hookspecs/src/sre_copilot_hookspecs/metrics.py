"""Logical metrics: counters, gauges, timers and histograms, and what can be measured with each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import ClassVar

import attrs

from sre_copilot_hookspecs.durations import seconds_of
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.expressions import (
    Aggregation,
    GaugeValue,
    Increase,
    Mean,
    ObservationRate,
    Quantile,
    Rate,
    ShareOver,
    labels_of,
)
from sre_copilot_hookspecs.matchers import NAME, LabelValue, Matcher, matchers_of
from sre_copilot_hookspecs.units import Unit, rate_of


def _check_metric(name: str) -> str:
    if not NAME.fullmatch(name):
        raise DeclarationError(f"{name!r} is not a metric name")
    return name


@attrs.frozen(repr=False)
class Metric:
    """A logical metric with its label conditions. Made by the four functions below, not directly."""

    kind: ClassVar[str]
    name: str
    matchers: tuple[Matcher, ...]
    unit: Unit

    def __repr__(self) -> str:
        conditions = ",".join(map(str, self.matchers))
        return f"{self.kind} {self.name}{{{conditions}}}" if conditions else f"{self.kind} {self.name}"


@attrs.frozen(repr=False)
class Counter(Metric):
    """A value that only grows, and starts again from zero with its process."""

    kind: ClassVar[str] = "counter"

    def rate(self, over: str, *, by: Iterable[str] = ()) -> Rate:
        """The sum of the per-second increase, over a sliding window.

        :param over: window such as ``"1m"``; at least four scrape intervals.
        :param by: labels to keep; all others are summed away.
        """
        return Rate(self, seconds_of(over), labels_of(by))

    def increase(self, over: str, *, by: Iterable[str] = ()) -> Increase:
        """The sum of the increase over a sliding window, extrapolated to its ends as Prometheus does."""
        return Increase(self, seconds_of(over), labels_of(by))


@attrs.frozen(repr=False)
class Gauge(Metric):
    """A value that rises and falls. It has no rate: a gauge that goes away is not an event."""

    kind: ClassVar[str] = "gauge"

    def sum(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The sum over all series."""
        return GaugeValue(self, Aggregation.SUM, labels_of(by))

    def max(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The largest of all series."""
        return GaugeValue(self, Aggregation.MAX, labels_of(by))

    def min(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The smallest of all series."""
        return GaugeValue(self, Aggregation.MIN, labels_of(by))

    def avg(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The mean over all series."""
        return GaugeValue(self, Aggregation.AVG, labels_of(by))


@attrs.frozen(repr=False)
class Distribution(Metric):
    """What timers and histograms have in common: observations counted in buckets."""

    def quantile(self, q: float, *, over: str, by: Iterable[str] = ()) -> Quantile:
        """The q-quantile over a sliding window, interpolated within its bucket.

        :param q: between 0 and 1, exclusive.
        :param over: window as a Prometheus duration, such as ``"5m"``; at least four scrape intervals.
        :raises DeclarationError: if ``q`` or ``over`` is out of range.

        The value is missing (``no_data``) when nothing was observed in the window: a quantile of nothing is not zero.
        """
        if not 0 < q < 1:
            raise DeclarationError(f"quantile {q} of {self.name} must lie between 0 and 1")
        return Quantile(self, q, seconds_of(over), labels_of(by))

    def share_over(self, bound: float, *, over: str, by: Iterable[str] = ()) -> ShareOver:
        """The share of observations above a bucket bound: a quantile's honest sister where buckets are wide.

        :param bound: one of the upper bounds the server exports, in the metric's base unit. Where there is
            none, the value is missing with a reason, because anything else would be invented.
        """
        if not (math.isfinite(bound) and bound > 0):
            raise DeclarationError(f"share_over({bound}) of {self.name} needs a positive bucket bound")
        return ShareOver(self, float(bound), seconds_of(over), labels_of(by))

    def rate(self, over: str, *, by: Iterable[str] = ()) -> ObservationRate:
        """Observations per second."""
        return ObservationRate(self, seconds_of(over), labels_of(by))


@attrs.frozen(repr=False)
class Timer(Distribution):
    """Durations, in seconds whatever the server exports."""

    kind: ClassVar[str] = "timer"

    def mean(self, *, over: str, by: Iterable[str] = ()) -> Mean:
        """The mean duration over a sliding window; missing when nothing was observed."""
        return Mean(self, seconds_of(over), labels_of(by))


@attrs.frozen(repr=False)
class Histogram(Distribution):
    """Counts or bytes per observation. No mean: servers add each observation as its bucket's upper bound."""

    kind: ClassVar[str] = "histogram"


def counter(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Counter:
    """A logical counter, such as ``counter("tasks_added", forwarded="false")``."""
    rate_of(unit)
    return Counter(_check_metric(name), matchers_of(labels), unit)


def gauge(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Gauge:
    """A logical gauge."""
    return Gauge(_check_metric(name), matchers_of(labels), unit)


def timer(name: str, **labels: str | LabelValue) -> Timer:
    """A logical timer; its unit is seconds."""
    return Timer(_check_metric(name), matchers_of(labels), Unit.SECONDS)


def histogram(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Histogram:
    """A logical histogram of counts or bytes."""
    if unit not in (Unit.COUNT, Unit.BYTES):
        raise DeclarationError(f"histogram {name} is in {unit.value}; use timer() for durations, or COUNT or BYTES")
    return Histogram(_check_metric(name), matchers_of(labels), unit)
