"""Metric expressions as PromQL.

A query means what the expression means, absence included: a counter that never fired is zero while its
process is up and was scraped twice in the window, and what a process said before it went down is void.
What is not a number, or infinite, is filtered out before it meets anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, cast

from sre_copilot_hookspecs import (
    Aggregate,
    Arithmetic,
    Expr,
    GaugeValue,
    Increase,
    Mean,
    MissingReason,
    Number,
    ObservationRate,
    Quantile,
    Rate,
    ShareOver,
)
from sre_copilot_hookspecs.wire import BUCKET, COUNT, INSTANCE, ROLE, SUM, SYNTHETIC, label_of, scale, told_quantile
from sre_copilot_prometheus.bounds import spellings_of
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.pairing import joined, number
from sre_copilot_prometheus.readiness import Growing, known, needs
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice, literal

_FINITE = " > -Inf < +Inf)"

_Windowed: TypeAlias = Growing | Mean | Quantile | ShareOver


def finite(query: str) -> str:
    """Without what is not a number or infinite: a comparison with a number that is none is never true."""
    return f"({query}{_FINITE}"


def _is_filtered(expression: Expr) -> bool:
    return isinstance(expression, GaugeValue | Mean | Quantile | ShareOver)


def zero_if_ready(expression: Expr, vocabulary: Vocabulary) -> bool:
    """Whether the absence of the bare query's answer means zero as soon as the one role it asks is ready."""
    if not isinstance(expression, Rate | Increase | ObservationRate) or expression.by:
        return False
    metric = expression.metric
    chosen = any(matcher.label == INSTANCE for matcher in metric.matchers)
    return not chosen and len(vocabulary.voices_of(expression)) == 1


class Compiler:
    """Compiles expressions for one cluster; each part once, however many signals share it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._compiled: dict[Expr, str] = {}

    def compile(self, expression: Expr) -> str:
        """The expression as a query that yields one series for each of its values.

        :raises CannotCompile: if the settings leave some part of it without a query.
        """
        if expression not in self._compiled:
            self._compiled[expression] = self._compile(expression)
        return self._compiled[expression]

    def compile_bare(self, expression: Expr) -> str:
        """The same, except that what is not finite stays, and that a counter that never fired yields nothing.

        For whoever sees the answer as a whole, knows anyway which processes are ready, and spares the server the
        larger part of a small query.

        :raises CannotCompile: as :meth:`compile`.
        """
        if zero_if_ready(expression, self._vocabulary):
            return self.compile_growth(cast("Growing", expression))
        query = self.compile(expression)
        return query.removesuffix(_FINITE).removeprefix("(") if _is_filtered(expression) else query

    def _compile(self, expression: Expr) -> str:
        match expression:
            case Number():
                return f"vector({number(expression)})"
            case Aggregate():
                return self._aggregate(expression)
            case Arithmetic():
                return self._arithmetic(expression)
            case GaugeValue():
                return finite(f"{expression.how.value}{_by(expression.by)} ({self._instant(expression)})")
            case Rate() | Increase() | ObservationRate():
                return self._growth(expression)
            case Mean():
                return self._mean(expression)
            case Quantile():
                return self._quantile(expression)
            case ShareOver():
                return self._share_over(expression)
        sentence = f"Reading through Prometheus does not know {type(expression).__name__}."
        raise CannotCompile(MissingReason.REJECTED, sentence)

    def _needs(self, expression: Expr) -> frozenset[str]:
        return needs(expression, self._vocabulary, self.compile_growth)

    def compile_growth(self, expression: Growing) -> str:
        """The growth of a counter without its zero."""
        function = "increase" if isinstance(expression, Increase) else "rate"
        part = COUNT if isinstance(expression, ObservationRate) else ""
        return self._summed(expression, function, part, expression.by)

    def _aggregate(self, expression: Aggregate) -> str:
        query = f"{expression.how.value}{_by(expression.by)} ({self.compile(expression.operand)})"
        if expression.by or not expression.zero_when_absent or not expression.operand.labels:
            return f"({query})"
        return f"({query} or 0 * {known(self._needs(expression))})"

    def _arithmetic(self, expression: Arithmetic) -> str:
        left, right = (
            number(side) if isinstance(side, Number) else self.compile(side)
            for side in (expression.left, expression.right)
        )
        query = joined(expression, left, right, self._needs(expression.left), self._needs(expression.right))
        by_zero = isinstance(expression.right, Number) and expression.right.value == 0
        return finite(query) if by_zero else query

    def _growth(self, expression: Growing) -> str:
        query = self.compile_growth(expression)
        if expression.by:
            return query
        return f"({query} or 0 * {known(self._needs(expression))})"

    def _mean(self, expression: Mean) -> str:
        seconds = self._summed(expression, "rate", SUM, expression.by)
        return finite(f"{seconds} / ({self._summed(expression, 'rate', COUNT, expression.by)} > 0)")

    def _quantile(self, expression: Quantile) -> str:
        metric = expression.metric
        voices = self._vocabulary.voices_of(expression)
        if any(voice.dialect.told_quantiles for voice in voices):
            return self._told(expression, voices)
        scales = {scale(voice.dialect, metric) for voice in voices}
        if len(scales) > 1:
            sentence = f"{metric!r} is in different units on server and workers; add role to its conditions."
            raise CannotCompile(MissingReason.REJECTED, sentence)
        buckets = self._summed(expression, "rate", BUCKET, (*expression.by, "le"))
        query = f"histogram_quantile({expression.q!r}, {buckets})"
        factor = scales.pop()
        return finite(query if factor == 1 else f"{query} * {factor!r}")

    def _told(self, expression: Quantile, voices: Iterable[Voice]) -> str:
        metric, by = expression.metric, expression.by
        parts = []
        for voice in voices:
            name = told_quantile(voice.dialect, expression)
            if name is None:
                sentence = f"Quantiles of {metric!r} are told by some targets only; add role to its conditions."
                raise CannotCompile(MissingReason.REJECTED, sentence)
            gauge = f"{voice.selector(metric, name=name)} and {self._matching} {voice.up(metric)} == 1"
            parts.append(self._relabelled(gauge, voice, by))
        return finite(f"max{_by(by)} ({' or '.join(parts)})")

    def _share_over(self, expression: ShareOver) -> str:
        below = self._summed(expression, "rate", BUCKET, expression.by, bound=expression.bound)
        every = self._summed(expression, "rate", BUCKET, expression.by, bound=float("inf"))
        return finite(f"clamp(1 - {below} / ({every} > 0), 0, 1)")

    def _summed(
        self, expression: _Windowed, function: str, part: str, by: Iterable[str], *, bound: float | None = None
    ) -> str:
        """The growth of every series of the processes that are up, summed."""
        metric, window = expression.metric, expression.window
        parts = []
        for voice in self._vocabulary.voices_of(expression):
            condition = "" if bound is None else _bound(bound, scale(voice.dialect, metric))
            series = voice.selector(metric, part, condition)
            growth = _growth(function, series, window, told=voice.dialect.aggregated)
            factor = scale(voice.dialect, metric) if part == SUM else 1
            growth = growth if factor == 1 else f"{growth} * {factor!r}"
            parts.append(self._relabelled(f"{growth} and {self._matching} {voice.up(metric)} == 1", voice, by))
        return f"sum{_by(by)} ({' or '.join(parts)})"

    def _instant(self, expression: GaugeValue) -> str:
        metric = expression.metric
        parts = []
        for voice in self._vocabulary.voices_of(expression):
            query = voice.selector(metric)
            if metric.name not in SYNTHETIC:
                # Samples with a time of their own outlive their process; nothing else marks them as gone.
                query = f"{query} and {self._matching} {voice.up(metric)} == 1"
            parts.append(self._relabelled(query, voice, expression.by))
        return " or ".join(parts)

    @property
    def _matching(self) -> str:
        return f"on ({', '.join(self._vocabulary.target)})"

    def _relabelled(self, query: str, voice: Voice, by: Iterable[str]) -> str:
        """With the labels ``by`` under their logical names."""
        for label in by:
            spelt = label_of(voice.dialect, label)
            if label == ROLE:
                query = f'label_replace({query}, "{ROLE}", "{voice.role}", "", "")'
            elif spelt != label:
                query = f'label_replace({query}, "{label}", "$1", "{spelt}", "(.*)")'
        return query


def _growth(function: str, series: str, window: int, *, told: bool) -> str:
    if not told:
        return f"{function}({series}[{window}s])"
    return series if function == "rate" else f"{series} * {window}"


def _by(labels: Iterable[str]) -> str:
    kept = ", ".join(labels)
    return f" by ({kept})" if kept else ""


def _bound(bound: float, factor: float) -> str:
    if bound == float("inf"):
        return 'le="+Inf"'
    either = "|".join(map(literal, spellings_of(bound, factor))).replace("\\", "\\\\")
    return f'le=~"{either}"'
