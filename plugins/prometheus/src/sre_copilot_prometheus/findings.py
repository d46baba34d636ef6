"""What the answers of one cycle say of each expression: its values, or why it has none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sre_copilot_hookspecs import (
    Aggregate,
    Aggregation,
    Expr,
    GaugeValue,
    Metric,
    Missing,
    MissingReason,
    Quantile,
)
from sre_copilot_hookspecs.buckets import bucket_around, bucket_note
from sre_copilot_hookspecs.wire import SYNTHETIC, TOLD_NOTE, can_have
from sre_copilot_prometheus.asking import Answers
from sre_copilot_prometheus.dialect import Detected
from sre_copilot_prometheus.plan import Plan
from sre_copilot_prometheus.promql import zero_if_ready
from sre_copilot_prometheus.status import Status, status_of

Key = tuple[str, ...]
"""Values of an expression's labels, in their order; empty where it has none."""

# The reason of an expression is the gravest of its parts': who mends that one first loses no time.
_GRAVEST = (
    MissingReason.UNREACHABLE,
    MissingReason.REJECTED,
    MissingReason.WARMING_UP,
    MissingReason.STALE,
    MissingReason.NOT_EMITTED,
    MissingReason.NO_DATA,
)
_UNASKED = Missing(MissingReason.UNREACHABLE, "Prometheus did not answer in time.")


class Findings:
    """The answers to a plan."""

    def __init__(self, plan: Plan, answers: Answers, detected: Mapping[str, Detected | Missing]) -> None:
        self._plan = plan
        self._answers = answers
        self._detected = detected
        setting = f"clusters.{plan.vocabulary.cluster}.prometheus"
        self._statuses = {
            voice.role: status_of(voice, self._value, f"{setting}.{voice.role}") for voice in plan.vocabulary.voices
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server warned of."""
        return tuple(self._answers.warnings)

    def values(self, expression: Expr) -> Mapping[Key, float] | Missing:
        """The finite values of an expression; none at all where nothing happened, and that means zero."""
        query = self._plan.measures[expression]
        if isinstance(query, Missing):
            return query
        unknown = [why for why in map(self._unknown, _metrics(expression)) if why is not None]
        if unknown:
            return _gravest(unknown)
        if query in self._answers.failed:
            return self._answers.failed[query]
        if query not in self._answers.series:
            return _UNASKED
        found = {
            tuple(series.labels.get(label, "") for label in expression.labels): series.points[-1][1]
            for series in self._answers.series[query]
        }
        finite = {key: value for key, value in found.items() if math.isfinite(value)}
        if finite:
            return finite
        if found:
            return Missing(MissingReason.NO_DATA, f"{expression!r} is not a finite number.")
        return self._why_none(expression)

    def age(self, expression: Expr) -> float:
        """Seconds since the processes that an expression speaks of were scraped, the longest ago of them."""
        return max((status.age for _, status in self._speaking(expression)), default=0.0)

    def notes(self, expression: Expr, value: float | None = None) -> tuple[str, ...]:
        """What a reader of its values has to know, above all of this one."""
        down = (status.note(role) for role, status in self._speaking(expression))
        warned = (f"Prometheus warns: {warning}" for warning in self.warnings)
        return tuple(dict.fromkeys(filter(None, (*self._certainty(expression, value), *down, *warned))))

    def _certainty(self, expression: Expr, value: float | None) -> Iterator[str]:
        """How sure a quantile is."""
        quantiles = [part for part in expression.walk() if isinstance(part, Quantile)]
        if any(self._told(quantile.metric) for quantile in quantiles):
            yield TOLD_NOTE
            return
        quantile = _quantile_behind(expression)
        if quantile is None or value is None:
            return
        known = (self._detected[role] for role in self._statuses_of(quantile.metric))
        ladder = [bound for each in known if isinstance(each, Detected) for bound in each.bounds(quantile.metric)]
        bucket = bucket_around(value, ladder)
        if bucket is not None:
            yield bucket_note(*bucket, quantile.unit)

    def _told(self, metric: Metric) -> bool:
        known = (self._detected[role] for role in self._statuses_of(metric))
        return any(isinstance(each, Detected) and each.dialect.told_quantiles for each in known)

    def _aggregated(self, metric: Metric) -> bool:
        known = (self._detected[role] for role in self._statuses_of(metric))
        return any(isinstance(each, Detected) and each.dialect.aggregated for each in known)

    def _speaking(self, expression: Expr) -> Iterator[tuple[str, Status]]:
        for metric in _metrics(expression):
            yield from self._statuses_of(metric).items()

    def _statuses_of(self, metric: Metric) -> dict[str, Status]:
        return {role: status for role, status in self._statuses.items() if can_have(metric, role)}

    def _value(self, query: str) -> float | Missing | None:
        if query in self._answers.failed:
            return self._answers.failed[query]
        series = self._answers.series.get(query)
        if series is None:
            return _UNASKED
        return series[0].points[-1][1] if series else None

    def _unknown(self, metric: Metric) -> Missing | None:
        """Why a metric's absence would prove nothing, and its name may be wrong."""
        if metric.name in SYNTHETIC:
            return None
        reasons = [self._unfamiliar(role, status) for role, status in self._statuses_of(metric).items()]
        known = [why for why in reasons if why is not None]
        return known[0] if known and len(known) == len(reasons) else None

    def _unfamiliar(self, role: str, status: Status) -> Missing | None:
        detected = self._detected[role]
        if isinstance(detected, Missing):
            return status.missing or detected
        if detected.foreign:
            sentence = f"No {role} target exports any of the {detected.asked} metrics that it is asked for."
            return Missing(MissingReason.NOT_EMITTED, sentence)
        return None

    def _why_none(self, expression: Expr) -> Mapping[Key, float] | Missing:
        reasons = [why for why in map(self._why_no_part, expression.walk()) if why is not None]
        if reasons:
            return _gravest(reasons)
        if expression.zero_when_absent and expression.labels:
            return {}
        if zero_if_ready(expression, self._plan.vocabulary):
            return {(): 0.0} if self._surely_ready(expression) else _UNASKED
        return Missing(MissingReason.NO_DATA, _nothing_in(expression))

    def _why_no_part(self, part: Expr) -> Missing | None:
        for metric in part.metrics:
            statuses = self._statuses_of(metric)
            gone = [status.missing for status in statuses.values()]
            if all(gone) and (metric.name not in SYNTHETIC or not any(each.targets for each in statuses.values())):
                return gone[0]
            if metric.name in SYNTHETIC:
                continue
            window = getattr(part, "window", None)
            if window is not None and not any(self._ready(role, window) for role in statuses):
                if self._aggregated(metric):
                    return Missing(MissingReason.STALE, "Nothing that the targets tell is fresh, says Prometheus.")
                sentence = f"A rate over {window} s needs two scrapes; Prometheus has fewer."
                return Missing(MissingReason.WARMING_UP, sentence)
            told = isinstance(part, Quantile) and self._told(metric)
            if not part.zero_when_absent and not told and not any(self._offers(role, metric) for role in statuses):
                roles = " or ".join(sorted(statuses))
                return Missing(MissingReason.NOT_EMITTED, f"No {roles} target exports {metric.name}.")
        return None

    def _ready(self, role: str, window: int) -> bool:
        found = self._value(self._plan.readiness[role, window])
        return isinstance(found, Missing) or found is not None

    def _surely_ready(self, expression: Expr) -> bool:
        window = getattr(expression, "window", 0)
        roles = (role for metric in expression.metrics for role in self._statuses_of(metric))
        return all(isinstance(self._value(self._plan.readiness[role, window]), float) for role in roles)

    def _offers(self, role: str, metric: Metric) -> bool:
        detected = self._detected[role]
        return isinstance(detected, Missing) or detected.offers(metric)


def _metrics(expression: Expr) -> Iterator[Metric]:
    for part in expression.walk():
        yield from part.metrics


def _quantile_behind(expression: Expr) -> Quantile | None:
    """The quantile that an expression's values are values of."""
    while isinstance(expression, Aggregate) and expression.how in (Aggregation.MAX, Aggregation.MIN):
        expression = expression.operand
    return expression if isinstance(expression, Quantile) else None


def _gravest(reasons: list[Missing]) -> Missing:
    return min(reasons, key=lambda why: _GRAVEST.index(why.reason))


def _nothing_in(expression: Expr) -> str:
    for part in expression.walk():
        if not part.metrics or part.zero_when_absent:
            continue
        metric = part.metrics[0]
        if isinstance(part, GaugeValue):
            return f"There is no series of {metric!r}."
        bound = getattr(part, "bound", None)
        less = "" if bound is None else f", or no bucket bound at {bound:g}"
        window = getattr(part, "window", 0)
        return f"There was no observation of {metric!r} in the last {window} s{less}."
    return f"{expression!r} has no value: what it divides by is zero."
