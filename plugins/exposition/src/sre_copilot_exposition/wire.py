"""What logical metrics are called on the wire."""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs

from sre_copilot_exposition.matching import label_test
from sre_copilot_hookspecs import (
    Counter,
    Dialect,
    Emitter,
    Expr,
    Gauge,
    GaugeValue,
    Increase,
    Mean,
    Metric,
    ObservationRate,
    Quantile,
    Rate,
    ShareOver,
    Signal,
    Timer,
    Unit,
)

BUCKET, SUM, COUNT = "_bucket", "_sum", "_count"

_PARTS: dict[type[Expr], tuple[str, ...]] = {
    Rate: ("",),
    Increase: ("",),
    GaugeValue: ("",),
    ObservationRate: (COUNT,),
    Mean: (SUM, COUNT),
    Quantile: (BUCKET,),
    ShareOver: (BUCKET,),
}

SYNTHETIC = frozenset({"up", "scrape_duration_seconds", "scrape_samples_scraped"})
"""Gauges that a scrape has about itself, as in Prometheus."""

EMITTERS = {"server": Emitter.SERVER, "worker": Emitter.SDK}
"""Whose dialects a target of each role can speak."""


def native_dialect(emitter: Emitter) -> Dialect:
    """What is spoken where no plugin declared a dialect."""
    return Dialect("native", emitter, "names on the wire are the logical names")


def wire_name(dialect: Dialect, metric: Metric) -> str:
    """The family's name, without ``_bucket``, ``_sum`` and ``_count``."""
    renamed = dict(dialect.renames).get(metric.name)
    return renamed or _pattern(dialect, metric).replace("{name}", metric.name)


def _pattern(dialect: Dialect, metric: Metric) -> str:
    if isinstance(metric, Counter):
        return dialect.counter
    if isinstance(metric, Gauge):
        return dialect.gauge
    if isinstance(metric, Timer):
        return dialect.timer
    return dialect.byte_histogram if metric.unit is Unit.BYTES else dialect.count_histogram


def scale(dialect: Dialect, metric: Metric) -> float:
    """What one unit on the wire is in the metric's base unit."""
    return dialect.timer_scale if isinstance(metric, Timer) else 1.0


def scaled(bound: float, factor: float) -> float:
    """A bucket bound in base units, free of the rounding of the multiplication."""
    return bound if factor == 1.0 or math.isinf(bound) else float(f"{bound * factor:.12g}")


def parts_of(expression: Expr) -> tuple[str, ...]:
    """The suffixes of what has to be read of an expression's own metric."""
    return _PARTS.get(type(expression), ())


def can_have(metric: Metric, role: str) -> bool:
    """Whether targets of that role are asked for the metric at all."""
    return all(label_test(matcher)(role) for matcher in metric.matchers if matcher.label == "role")


@attrs.frozen
class Needs:
    """Which metrics, and which parts of them, targets of one role are asked for."""

    parts: frozenset[tuple[Metric, str]] = frozenset()
    """Metrics without conditions, each with a suffix."""
    longest: int = 0
    """Seconds of the longest window."""

    def with_signals(self, signals: Iterable[Signal], role: str) -> Needs:
        """These needs and those of more signals."""
        parts, longest = set(self.parts), self.longest
        for expression in _expressions(signals):
            longest = max(longest, getattr(expression, "window", 0))
            for metric in expression.metrics:
                if metric.name not in SYNTHETIC and can_have(metric, role):
                    bare = attrs.evolve(metric, matchers=())
                    parts.update((bare, part) for part in parts_of(expression))
        return Needs(frozenset(parts), longest)

    @property
    def metrics(self) -> frozenset[Metric]:
        """The metrics without their parts."""
        return frozenset(metric for metric, _ in self.parts)

    def names(self, dialect: Dialect) -> frozenset[str]:
        """What has to be parsed of a target that speaks this dialect."""
        return frozenset(wire_name(dialect, metric) + part for metric, part in self.parts)

    def candidates(self, dialects: Iterable[Dialect]) -> frozenset[str]:
        """What has to be looked at before the dialect is known: bucket bounds tell the unit of timers."""
        found: set[str] = set()
        for dialect in dialects:
            found |= self.names(dialect)
            timers = (metric for metric in self.metrics if isinstance(metric, Timer))
            found |= {wire_name(dialect, timer) + BUCKET for timer in timers}
        return frozenset(found)


def _expressions(signals: Iterable[Signal]) -> Iterable[Expr]:
    for signal in signals:
        for measure in (signal.measure, signal.floor.measure if signal.floor else None):
            if measure is not None:
                yield from measure.walk()
