"""Arithmetic between labelled values.

Equal labels meet, and a value without labels meets each. A side that is absent counts as zero in a sum, a
difference and a numerator, if nothing happening means zero there; a side that is *unknown* makes the result
unknown whatever the operator.
"""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot_exposition.outcome import Key, Outcome, Value, finite, merged
from sre_copilot_hookspecs import Arithmetic, Expr, Missing, MissingReason, Operator

# The reason of a result is the gravest of its sides': who mends that one first loses no time.
_GRAVEST = (
    MissingReason.UNREACHABLE,
    MissingReason.REJECTED,
    MissingReason.WARMING_UP,
    MissingReason.STALE,
    MissingReason.NOT_EMITTED,
    MissingReason.NO_DATA,
)


def combined(expression: Arithmetic, left: Outcome, right: Outcome, at: int) -> Outcome:
    """The result of ``left operator right``."""
    notes = merged(left.notes, right.notes)
    reasons = [side.why for side in (left, right) if side.unknown and side.why is not None]
    if reasons:
        return Outcome(why=min(reasons, key=lambda why: _GRAVEST.index(why.reason)), notes=notes)
    values: dict[Key, Value] = {}
    by_zero = False
    for key in _keys(expression, left, right):
        first = _side(expression, expression.left, left, key, at)
        second = _side(expression, expression.right, right, key, at)
        if first is None or second is None:
            continue
        if expression.operator is Operator.DIVIDE and second.number == 0:
            by_zero = True
            continue
        values[key] = _computed(first, expression.operator, second)
    known = finite(values)
    if known or (expression.zero_when_absent and not values):
        return Outcome(known, notes=notes)
    if values:
        return Outcome(why=_no_data(f"{expression!r} is not a finite number."), notes=notes)
    if by_zero:
        return Outcome(why=_no_data(f"Cannot divide by {expression.right!r}: it is zero."), notes=notes)
    return Outcome(why=_no_data(f"{_lonely(expression, left, right)}."), notes=notes)


def _no_data(detail: str) -> Missing:
    return Missing(MissingReason.NO_DATA, detail)


def _lonely(expression: Arithmetic, left: Outcome, right: Outcome) -> str:
    for side, outcome in ((expression.left, left), (expression.right, right)):
        if not outcome.values:
            return f"There is no series of {side!r}"
    return f"The sides of {expression!r} have no labels in common"


def _keys(expression: Arithmetic, left: Outcome, right: Outcome) -> Iterable[Key]:
    if not expression.left.labels:
        return right.values
    if not expression.right.labels or expression.operator is Operator.MULTIPLY:
        return left.values
    if expression.operator is Operator.DIVIDE:
        return right.values
    return dict.fromkeys([*left.values, *right.values])


def _side(expression: Arithmetic, side: Expr, outcome: Outcome, key: Key, at: int) -> Value | None:
    found = outcome.values.get(key if side.labels else ())
    if found is not None or not side.zero_when_absent:
        return found
    additive = expression.operator in (Operator.ADD, Operator.SUBTRACT)
    numerator = expression.operator is Operator.DIVIDE and side is expression.left
    return Value(0.0, at) if additive or numerator else None


def _computed(left: Value, operator: Operator, right: Value) -> Value:
    at = max(left.at, right.at)
    note = "; ".join(dict.fromkeys(note for note in (left.note, right.note) if note))
    if operator is Operator.ADD:
        return Value(left.number + right.number, at, note)
    if operator is Operator.SUBTRACT:
        return Value(left.number - right.number, at, note)
    if operator is Operator.MULTIPLY:
        return Value(left.number * right.number, at, note)
    return Value(left.number / right.number, at, note)
