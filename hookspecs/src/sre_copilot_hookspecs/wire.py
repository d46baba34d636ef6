"""What logical metrics are called on the wire, and what a dialect has no word for."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import attrs

from sre_copilot_hookspecs.dialects import Dialect, Emitter
from sre_copilot_hookspecs.expressions import (
    Expr,
    GaugeValue,
    Increase,
    Mean,
    ObservationRate,
    Quantile,
    Rate,
    ShareOver,
)
from sre_copilot_hookspecs.matchers import Matcher, MatchOperator
from sre_copilot_hookspecs.metrics import Counter, Distribution, Gauge, Metric, Timer
from sre_copilot_hookspecs.units import Unit

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
"""Gauges that a scrape has about itself, spelt the same in every dialect."""

ROLE, INSTANCE = "role", "instance"
TARGET_LABELS = (ROLE, INSTANCE)
"""Labels that tell targets apart; conditions on them select targets, all others series."""

EMITTERS = {"server": Emitter.SERVER, "worker": Emitter.SDK}
"""Whose dialects the processes of each role can speak."""


def native_dialect(emitter: Emitter) -> Dialect:
    """What is spoken where no plugin declared a dialect."""
    return Dialect("native", emitter, "names on the wire are the logical names")


def wire_name(dialect: Dialect, metric: Metric) -> str:
    """The family's name, without ``_bucket``, ``_sum`` and ``_count``."""
    if metric.name in SYNTHETIC:
        return metric.name
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


def names_of(dialect: Dialect, metric: Metric, part: str) -> tuple[str, ...]:
    """The names of a metric's samples, given the part that would be read of a usual one.

    :param part: ``_bucket``, ``_sum``, ``_count`` or nothing.
    """
    name = wire_name(dialect, metric)
    if dialect.told_quantiles and isinstance(metric, Distribution):
        return tuple(name + suffix for _, suffix in dialect.told_quantiles)
    return (name + part,)


def told_quantile(dialect: Dialect, quantile: Quantile) -> str | None:
    """The name of the gauge that holds just this quantile, if the dialect has one."""
    suffix = dict(dialect.told_quantiles).get(quantile.q)
    return None if suffix is None else wire_name(dialect, quantile.metric) + suffix


TOLD_NOTE = "the highest of all series; quantiles that are told cannot be put together"
"""What must be known of a quantile that was not computed from buckets."""


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
    """Whether processes of that role are asked for the metric at all."""
    return all(matcher.meets(role) for matcher in metric.matchers if matcher.label == ROLE)


def is_offered(dialect: Dialect, metric: Metric, offered: Collection[str]) -> bool:
    """Whether a family is there, by its own name or by that of its samples."""
    name = wire_name(dialect, metric)
    suffixes = ("", BUCKET, COUNT, *(suffix for _, suffix in dialect.told_quantiles))
    return any(name + suffix in offered for suffix in suffixes)


def label_of(dialect: Dialect, label: str) -> str:
    """What a label is called on the wire."""
    return next((each.wire for each in dialect.labels if each.logical == label), label)


def conditions_of(dialect: Dialect, metric: Metric) -> tuple[Matcher, ...]:
    """The metric's conditions on its series, as they have to be put to the wire's labels.

    Conditions on what is implied are left out; whether it meets them is :func:`lack`'s to say.
    """
    own = (matcher for matcher in metric.matchers if matcher.label not in TARGET_LABELS)
    if not dialect.labels:
        return tuple(own)
    spelt = {each.logical: each for each in dialect.labels}
    return tuple(
        _spelt(matcher, spelt[matcher.label].wire, lower=spelt[matcher.label].lower_case)
        for matcher in own
        if matcher.label in spelt
    )


def _spelt(matcher: Matcher, label: str, *, lower: bool) -> Matcher:
    if not lower:
        return attrs.evolve(matcher, label=label)
    exact = matcher.operator in (MatchOperator.EQUAL, MatchOperator.NOT_EQUAL)
    return attrs.evolve(matcher, label=label, value=matcher.value.lower() if exact else f"(?i:{matcher.value})")


def lack(dialect: Dialect, expression: Expr) -> str:
    """Why a dialect has no word for what an expression reads, as a sentence; empty where it has.

    Only about the expression's own metrics, not about those of the expressions it is computed from.
    """
    for metric in expression.metrics:
        if metric.name in SYNTHETIC:
            continue
        if dialect.only_renamed and metric.name not in dict(dialect.renames):
            return f"{dialect.key} has no metric {metric.name}."
        found = _lacking_label(dialect, metric, expression.labels) or _lacking_count(dialect, expression, metric)
        if found:
            return found
    return ""


def _lacking_label(dialect: Dialect, metric: Metric, kept: Iterable[str]) -> str:
    if not dialect.labels:
        return ""
    there = {each.logical for each in dialect.labels}
    for label in kept:
        if label not in there and label not in TARGET_LABELS:
            return f"{dialect.key} has no label {label} on {metric.name}."
    implied = dict(dialect.implied_labels)
    for matcher in metric.matchers:
        if matcher.label in there or matcher.label in TARGET_LABELS:
            continue
        if not matcher.meets(implied.get(matcher.label, "")):
            return f"{dialect.key} has no {metric.name} with {matcher}."
    return ""


def _lacking_count(dialect: Dialect, expression: Expr, metric: Metric) -> str:
    if not dialect.told_quantiles or not isinstance(metric, Distribution):
        return ""
    told = ", ".join(f"{q:g}" for q, _ in dialect.told_quantiles)
    if not isinstance(expression, Quantile):
        return f"{dialect.key} tells of {metric.name} the quantiles {told}, and no counts."
    if told_quantile(dialect, expression) is None:
        return f"{dialect.key} tells of {metric.name} the quantiles {told}, not {expression.q:g}."
    return ""
