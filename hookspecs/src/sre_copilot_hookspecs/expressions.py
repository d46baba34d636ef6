"""Metric expressions: what a signal measures, written once and read by every backend.

An expression speaks of *logical* metrics (``persistence_latency``), never of one server's spelling of
them (``persistence_latency_milliseconds_bucket``); a :class:`~sre_copilot_hookspecs.dialects.Dialect`
knows the spelling. There are no comparisons in here: deciding is a gate's work.

    >>> from sre_copilot_hookspecs import counter, gauge, timer
    >>> timer("persistence_latency", service_name="history").quantile(0.99, over="5m")
    quantile(0.99, timer persistence_latency{service_name="history"}[5m])
    >>> counter("tasks_added", forwarded="false").rate("1m", by=["taskqueue"]).max()
    max(rate(counter tasks_added{forwarded="false"}[1m]) by (taskqueue))

Every expression yields one value, or one value for each combination of the labels in :attr:`Expr.labels`.
Values with labels meet values with the *same* labels; a value without labels meets each of them.

**Absence.** A counter that never fired is not exported. Its rate is zero while the process that would
export it is up, and so is a missing side of ``+`` and ``-`` and a missing numerator; :attr:`Expr.zero_when_absent`
says so. Gauges, timers and histograms have no such default. Division by zero is missing, not infinite.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

import attrs

from sre_copilot_hookspecs.durations import duration_of, seconds_of
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.units import Unit, product_of, quotient_of, rate_of, sum_of

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class MatchOperator(enum.Enum):
    """How a label value is matched; the regular expressions are anchored, as in PromQL."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@attrs.frozen
class LabelValue:
    """What a label must be, other than equal to a plain string."""

    operator: MatchOperator
    value: str


def not_equal(value: str) -> LabelValue:
    """The label is absent or something else than ``value``."""
    return LabelValue(MatchOperator.NOT_EQUAL, value)


def matches(pattern: str) -> LabelValue:
    """The whole label value matches the regular expression (RE2 syntax)."""
    return LabelValue(MatchOperator.MATCHES, pattern)


def not_matches(pattern: str) -> LabelValue:
    """The label is absent or does not match the regular expression (RE2 syntax)."""
    return LabelValue(MatchOperator.NOT_MATCHES, pattern)


@attrs.frozen
class Matcher:
    """One label condition of a metric."""

    label: str
    operator: MatchOperator
    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        return f'{self.label}{self.operator.value}"{escaped}"'


def _matchers(labels: dict[str, str | LabelValue]) -> tuple[Matcher, ...]:
    made = []
    for label, wanted in labels.items():
        if not _NAME.fullmatch(label):
            raise DeclarationError(f"{label!r} is not a label name")
        if isinstance(wanted, str):
            wanted = LabelValue(MatchOperator.EQUAL, wanted)
        if wanted.operator in (MatchOperator.MATCHES, MatchOperator.NOT_MATCHES):
            _check_pattern(wanted.value)
        made.append(Matcher(label, wanted.operator, wanted.value))
    return tuple(sorted(made, key=str))


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise DeclarationError(f"{pattern!r} is not a regular expression: {error}") from None
    # RE2, which Prometheus uses, has no look-around and no back-references.
    if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
        raise DeclarationError(f"{pattern!r} uses look-around or a back-reference, which Prometheus does not know")


def _labels(by: Iterable[str]) -> tuple[str, ...]:
    if isinstance(by, str):
        raise DeclarationError(f"by={by!r} is one string; write by=[{by!r}]")
    found = tuple(sorted(set(by)))
    for label in found:
        if not _NAME.fullmatch(label) or label == "le":
            raise DeclarationError(f"{label!r} is not a label to group by")
    return found


def _check_metric(name: str) -> str:
    if not _NAME.fullmatch(name):
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
        return Rate(self, seconds_of(over), _labels(by))

    def increase(self, over: str, *, by: Iterable[str] = ()) -> Increase:
        """The sum of the increase over a sliding window, extrapolated to its ends as Prometheus does."""
        return Increase(self, seconds_of(over), _labels(by))


@attrs.frozen(repr=False)
class Gauge(Metric):
    """A value that rises and falls. It has no rate: a gauge that goes away is not an event."""

    kind: ClassVar[str] = "gauge"

    def sum(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The sum over all series."""
        return GaugeValue(self, Aggregation.SUM, _labels(by))

    def max(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The largest of all series."""
        return GaugeValue(self, Aggregation.MAX, _labels(by))

    def min(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The smallest of all series."""
        return GaugeValue(self, Aggregation.MIN, _labels(by))

    def avg(self, *, by: Iterable[str] = ()) -> GaugeValue:
        """The mean over all series."""
        return GaugeValue(self, Aggregation.AVG, _labels(by))


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
        return Quantile(self, q, seconds_of(over), _labels(by))

    def share_over(self, bound: float, *, over: str, by: Iterable[str] = ()) -> ShareOver:
        """The share of observations above a bucket bound: a quantile's honest sister where buckets are wide.

        :param bound: one of the upper bounds the server exports, in the metric's base unit. Where there is
            none, the value is missing with a reason, because anything else would be invented.
        """
        if not (math.isfinite(bound) and bound > 0):
            raise DeclarationError(f"share_over({bound}) of {self.name} needs a positive bucket bound")
        return ShareOver(self, float(bound), seconds_of(over), _labels(by))

    def rate(self, over: str, *, by: Iterable[str] = ()) -> ObservationRate:
        """Observations per second."""
        return ObservationRate(self, seconds_of(over), _labels(by))


@attrs.frozen(repr=False)
class Timer(Distribution):
    """Durations, in seconds whatever the server exports."""

    kind: ClassVar[str] = "timer"

    def mean(self, *, over: str, by: Iterable[str] = ()) -> Mean:
        """The mean duration over a sliding window; missing when nothing was observed."""
        return Mean(self, seconds_of(over), _labels(by))


@attrs.frozen(repr=False)
class Histogram(Distribution):
    """Counts or bytes per observation. No mean: servers add each observation as its bucket's upper bound."""

    kind: ClassVar[str] = "histogram"


def counter(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Counter:
    """A logical counter, such as ``counter("tasks_added", forwarded="false")``."""
    rate_of(unit)
    return Counter(_check_metric(name), _matchers(labels), unit)


def gauge(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Gauge:
    """A logical gauge."""
    return Gauge(_check_metric(name), _matchers(labels), unit)


def timer(name: str, **labels: str | LabelValue) -> Timer:
    """A logical timer; its unit is seconds."""
    return Timer(_check_metric(name), _matchers(labels), Unit.SECONDS)


def histogram(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Histogram:
    """A logical histogram of counts or bytes."""
    if unit not in (Unit.COUNT, Unit.BYTES):
        raise DeclarationError(f"histogram {name} is in {unit.value}; use timer() for durations, or COUNT or BYTES")
    return Histogram(_check_metric(name), _matchers(labels), unit)


class Aggregation(enum.Enum):
    """How many series become one."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"
    AVG = "avg"


class Operator(enum.Enum):
    """Arithmetic between two expressions."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"


class Expr:
    """Something that can be measured: one value, or one for each combination of :attr:`labels`."""

    __slots__ = ()

    @property
    def unit(self) -> Unit:
        """The base unit of the value."""
        raise TypeError(f"{type(self).__name__} has no unit")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that tell several values apart; empty for a single value."""
        return ()

    @property
    def zero_when_absent(self) -> bool:
        """Whether having no series means zero, provided that the process is up."""
        return False

    @property
    def children(self) -> tuple[Expr, ...]:
        """The expressions this one is computed from."""
        return ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The logical metrics read directly by this node."""
        return ()

    def walk(self) -> Iterator[Expr]:
        """This expression and everything below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def scaled(self, factor: float, *, at_least: int) -> Expr:
        """The same expression with every window multiplied by ``factor``.

        :param factor: for example one sixth for a cycle of 5 s, since windows are declared for one of 30 s.
        :param at_least: seconds below which no window shrinks.
        """
        changes: dict[str, object] = {}
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(self))):
            value = getattr(self, field.name)
            if isinstance(value, Expr):
                changes[field.name] = value.scaled(factor, at_least=at_least)
            elif field.name == "window":
                changes[field.name] = max(at_least, round(value * factor))
        return cast("Expr", attrs.evolve(cast("Any", self), **changes)) if changes else self

    def sum(self, *, by: Iterable[str] = ()) -> Aggregate:
        """Sum away the labels that ``by`` does not name."""
        return self._aggregate(Aggregation.SUM, by)

    def max(self, *, by: Iterable[str] = ()) -> Aggregate:
        """Keep the largest for each combination of ``by``."""
        return self._aggregate(Aggregation.MAX, by)

    def min(self, *, by: Iterable[str] = ()) -> Aggregate:
        """Keep the smallest for each combination of ``by``."""
        return self._aggregate(Aggregation.MIN, by)

    def avg(self, *, by: Iterable[str] = ()) -> Aggregate:
        """The mean for each combination of ``by``."""
        return self._aggregate(Aggregation.AVG, by)

    def _aggregate(self, how: Aggregation, by: Iterable[str]) -> Aggregate:
        kept = _labels(by)
        unknown = set(kept) - set(self.labels)
        if unknown:
            raise DeclarationError(f"cannot group {self!r} by {', '.join(sorted(unknown))}: it has no such label")
        return Aggregate(self, how, kept)

    def __add__(self, other: Expr | float) -> Arithmetic:
        return _arithmetic(self, Operator.ADD, other)

    def __radd__(self, other: float) -> Arithmetic:
        return _arithmetic(other, Operator.ADD, self)

    def __sub__(self, other: Expr | float) -> Arithmetic:
        return _arithmetic(self, Operator.SUBTRACT, other)

    def __rsub__(self, other: float) -> Arithmetic:
        return _arithmetic(other, Operator.SUBTRACT, self)

    def __mul__(self, other: Expr | float) -> Arithmetic:
        return _arithmetic(self, Operator.MULTIPLY, other)

    def __rmul__(self, other: float) -> Arithmetic:
        return _arithmetic(other, Operator.MULTIPLY, self)

    def __truediv__(self, other: Expr | float) -> Arithmetic:
        return _arithmetic(self, Operator.DIVIDE, other)

    def __rtruediv__(self, other: float) -> Arithmetic:
        return _arithmetic(other, Operator.DIVIDE, self)


def _grouped(call: str, labels: tuple[str, ...]) -> str:
    return f"{call} by ({', '.join(labels)})" if labels else call


class _Reading(Expr):
    """What every expression that reads one metric has: the metric, and the labels that are kept."""

    __slots__ = ()
    metric: Metric
    by: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return self.by

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (self.metric,)


def _over(metric: Metric, window: int) -> str:
    return f"{metric!r}[{duration_of(window)}]"


@attrs.frozen(repr=False)
class Rate(_Reading):
    """Per-second increase of a counter. ``window`` is in seconds, here and below."""

    metric: Counter
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return rate_of(self.metric.unit)

    @property
    def zero_when_absent(self) -> bool:
        return True

    def __repr__(self) -> str:
        return _grouped(f"rate({_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class Increase(_Reading):
    """Increase of a counter over its window."""

    metric: Counter
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return self.metric.unit

    @property
    def zero_when_absent(self) -> bool:
        return True

    def __repr__(self) -> str:
        return _grouped(f"increase({_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class ObservationRate(_Reading):
    """Observations of a timer or histogram per second."""

    metric: Distribution
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return Unit.PER_SECOND

    @property
    def zero_when_absent(self) -> bool:
        return True

    def __repr__(self) -> str:
        return _grouped(f"rate({_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class Mean(_Reading):
    """Mean duration of a timer."""

    metric: Timer
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return Unit.SECONDS

    def __repr__(self) -> str:
        return _grouped(f"mean({_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class Quantile(_Reading):
    """A quantile of a timer or histogram."""

    metric: Distribution
    q: float
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return self.metric.unit

    def __repr__(self) -> str:
        return _grouped(f"quantile({self.q:g}, {_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class ShareOver(_Reading):
    """The share of a timer's or histogram's observations above a bucket bound."""

    metric: Distribution
    bound: float
    window: int
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return Unit.RATIO

    def __repr__(self) -> str:
        return _grouped(f"share_over({self.bound:g}, {_over(self.metric, self.window)})", self.by)


@attrs.frozen(repr=False)
class GaugeValue(_Reading):
    """The newest value of a gauge."""

    metric: Gauge
    how: Aggregation
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return self.metric.unit

    def __repr__(self) -> str:
        return _grouped(f"{self.how.value}({self.metric!r})", self.by)


@attrs.frozen(repr=False)
class Number(Expr):
    """A constant, in the unit of what it meets."""

    value: float
    in_unit: Unit

    @property
    def unit(self) -> Unit:
        return self.in_unit

    def __repr__(self) -> str:
        return f"{self.value:g}"


@attrs.frozen(repr=False)
class Aggregate(Expr):
    """Several labelled values of one expression become fewer."""

    operand: Expr
    how: Aggregation
    by: tuple[str, ...]

    @property
    def unit(self) -> Unit:
        return self.operand.unit

    @property
    def labels(self) -> tuple[str, ...]:
        return self.by

    @property
    def zero_when_absent(self) -> bool:
        return self.operand.zero_when_absent

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)

    def __repr__(self) -> str:
        return _grouped(f"{self.how.value}({self.operand!r})", self.by)


@attrs.frozen(repr=False)
class Arithmetic(Expr):
    """Two expressions and what is done with them."""

    left: Expr
    operator: Operator
    right: Expr
    result: Unit

    @property
    def unit(self) -> Unit:
        return self.result

    @property
    def labels(self) -> tuple[str, ...]:
        return self.left.labels or self.right.labels

    @property
    def zero_when_absent(self) -> bool:
        if self.operator is Operator.DIVIDE:
            return False
        sides = [side for side in (self.left, self.right) if not isinstance(side, Number)]
        # A number that is added would turn "no event" into that number; only sums of events stay zero.
        constant = len(sides) < 2 and self.operator in (Operator.ADD, Operator.SUBTRACT)
        return not constant and all(side.zero_when_absent for side in sides)

    @property
    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)

    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator.value} {self.right!r})"


def _arithmetic(left: Expr | float, operator: Operator, right: Expr | float) -> Arithmetic:
    if isinstance(left, Expr) and isinstance(right, Expr):
        _check_labels(left, operator, right)
        return Arithmetic(left, operator, right, _result(left.unit, operator, right.unit))
    if isinstance(left, Expr):
        return Arithmetic(left, operator, _number(right, operator, left), left.unit)
    if not isinstance(right, Expr):
        raise DeclarationError(f"{left!r} {operator.value} {right!r} has no metric in it")
    number = _number(left, operator, right)
    return Arithmetic(number, operator, right, _result(number.unit, operator, right.unit))


def _number(value: object, operator: Operator, other: Expr) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DeclarationError(f"cannot compute {other!r} {operator.value} {value!r}: not a finite number")
    additive = operator in (Operator.ADD, Operator.SUBTRACT)
    return Number(float(value), other.unit if additive else Unit.RATIO)


def _result(left: Unit, operator: Operator, right: Unit) -> Unit:
    if operator is Operator.MULTIPLY:
        return product_of(left, right)
    if operator is Operator.DIVIDE:
        return quotient_of(left, right)
    return sum_of(left, right, operator.value)


def _check_labels(left: Expr, operator: Operator, right: Expr) -> None:
    if left.labels and right.labels and left.labels != right.labels:
        raise DeclarationError(
            f"cannot compute {left!r} {operator.value} {right!r}: the left side has labels"
            f" {', '.join(left.labels)}, the right side {', '.join(right.labels)}"
        )
