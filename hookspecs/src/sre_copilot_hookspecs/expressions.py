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
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import attrs

from sre_copilot_hookspecs.durations import duration_of
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.matchers import NAME
from sre_copilot_hookspecs.units import Unit, product_of, quotient_of, rate_of, sum_of

if TYPE_CHECKING:
    from sre_copilot_hookspecs.metrics import Counter, Distribution, Gauge, Metric, Timer


def labels_of(by: Iterable[str]) -> tuple[str, ...]:
    """The labels to group by, checked, in order and once each."""
    if isinstance(by, str):
        raise DeclarationError(f"by={by!r} is one string; write by=[{by!r}]")
    found = tuple(sorted(set(by)))
    for label in found:
        if not NAME.fullmatch(label) or label == "le":
            raise DeclarationError(f"{label!r} is not a label to group by")
    return found


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
        kept = labels_of(by)
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
        _checklabels_of(left, operator, right)
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


def _checklabels_of(left: Expr, operator: Operator, right: Expr) -> None:
    if left.labels and right.labels and left.labels != right.labels:
        raise DeclarationError(
            f"cannot compute {left!r} {operator.value} {right!r}: the left side has labels"
            f" {', '.join(left.labels)}, the right side {', '.join(right.labels)}"
        )
