"""What expressions evaluate to: one value, several labelled ones, or none and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import attrs

from sre_copilot_exposition.rate import total
from sre_copilot_exposition.series import Labels
from sre_copilot_hookspecs import Aggregation, Dialect, Missing, MissingReason
from sre_copilot_hookspecs.wire import label_of

Key = tuple[str, ...]
"""Values of an expression's labels, in their order; empty where it has none."""


@attrs.frozen
class Value:
    """One number, as old as the newest sample in it."""

    number: float
    at: int
    """Milliseconds."""
    note: str = ""


@attrs.frozen
class Outcome:
    """The values of an expression by label values.

    No value and no reason is plain absence: the process is up and has no such series. Where the expression is
    ``zero_when_absent`` that stands for zero; in all other cases there is a reason.
    """

    values: Mapping[Key, Value] = attrs.field(factory=dict)
    why: Missing | None = None
    notes: tuple[str, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether there is no value and not even zero can be assumed."""
        return self.why is not None and not self.values


def missing(reason: MissingReason, detail: str) -> Outcome:
    """No value, for this reason."""
    return Outcome(why=Missing(reason, detail))


def zero(at: int, notes: tuple[str, ...] = ()) -> Outcome:
    """Nothing ever happened."""
    return Outcome({(): Value(0.0, at)}, notes=notes)


def key_of(labels: Labels, by: Iterable[str], dialect: Dialect | None = None) -> Key:
    """The key of a series in an expression that keeps the labels ``by``."""
    spelt = (label_of(dialect, label) for label in by) if dialect and dialect.labels else by
    return tuple(labels.get(label, "") for label in spelt)


def finite(values: Mapping[Key, Value]) -> dict[Key, Value]:
    """Without what is not a number or infinite: those are missing."""
    return {key: value for key, value in values.items() if math.isfinite(value.number)}


def merged(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Both notes, each once."""
    return tuple(dict.fromkeys(first + second))


def aggregated(values: Iterable[Value], how: Aggregation) -> Value:
    """Several values as one.

    As in Prometheus the largest and the smallest ignore what is not a number, sum and mean do not.
    """
    found = list(values)
    newest = max(value.at for value in found)
    numbers = [value.number for value in found]
    if how is Aggregation.SUM:
        return Value(total(numbers), newest)
    if how is Aggregation.AVG:
        return Value(total(numbers) / len(numbers), newest)
    choose = max if how is Aggregation.MAX else min
    known = [value for value in found if not math.isnan(value.number)]
    return choose(known, key=lambda value: value.number) if known else Value(math.nan, newest)
