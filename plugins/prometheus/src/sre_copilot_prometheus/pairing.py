"""Arithmetic between labelled values, in PromQL.

Equal labels meet, and a value without labels meets each. A side that is absent counts as zero in a sum, a
difference and a numerator, if nothing happening means zero there; a side that is *unknown* makes the result
unknown whatever the operator.
"""

from __future__ import annotations

from sre_copilot_hookspecs import Arithmetic, Number, Operator
from sre_copilot_prometheus.readiness import known

_SIDE = "copilot_side"
"""A label that keeps both sides of a sum apart until they are added."""

Needs = frozenset[str]


def number(constant: Number) -> str:
    """A constant as a scalar."""
    return repr(constant.value) if constant.value >= 0 else f"({constant.value!r})"


def joined(expression: Arithmetic, left: str, right: str, left_needs: Needs, right_needs: Needs) -> str:
    """The query for ``left operator right``, given those of its sides and what their absence needs."""
    operator = expression.operator
    by_expression = operator is Operator.DIVIDE and not isinstance(expression.right, Number)
    divisor = f"({right} != 0)" if by_expression else right
    if expression.left.labels and expression.right.labels:
        if operator is Operator.DIVIDE:
            filled = _filled(expression.left.zero_when_absent, left, right, left_needs - right_needs)
            return f"({filled} / {divisor})"
        if operator is Operator.MULTIPLY:
            return f"({left} * {right})"
        return _added(expression, left, right, left_needs, right_needs)
    return f"({left} {operator.value}{_meeting(expression)} {divisor})"


def _meeting(expression: Arithmetic) -> str:
    if isinstance(expression.left, Number) or isinstance(expression.right, Number):
        return ""
    # The empty parentheses matter: without them the next opening one would be taken for a list of labels.
    if expression.left.labels:
        return " on () group_left ()"
    return " on () group_right ()" if expression.right.labels else ""


def _filled(zero: bool, side: str, other: str, still_needed: Needs) -> str:
    """A side, with a zero for every label set that only the other side has."""
    if not zero:
        return side
    gate = f" and on () {known(still_needed)}" if still_needed else ""
    return f"({side} or 0 * {other}{gate})"


def _added(expression: Arithmetic, left: str, right: str, left_needs: Needs, right_needs: Needs) -> str:
    zero_left, zero_right = expression.left.zero_when_absent, expression.right.zero_when_absent
    if not (zero_left and zero_right):
        first = _filled(zero_left, left, right, left_needs - right_needs)
        second = _filled(zero_right, right, left, right_needs - left_needs)
        return f"({first} {expression.operator.value} {second})"
    # Adding up one list of both names each side once; filling both with zeros would name it twice, and a long
    # chain of sums would double with every link.
    signed = right if expression.operator is Operator.ADD else f"-1 * {right}"
    both = f'{left} or label_replace({signed}, "{_SIDE}", "right", "", "")'
    query = f"sum by ({', '.join(expression.labels)}) ({both})"
    one_sided = left_needs ^ right_needs
    return f"({query} and on () {known(one_sided)})" if one_sided else query
