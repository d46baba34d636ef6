"""The base units a signal can have, and what happens to them in arithmetic.

Milliseconds, percent and per-minute do not exist here: a dialect converts what a server exports, and a
renderer chooses what a person reads.
"""

from __future__ import annotations

import enum

from sre_copilot_hookspecs.errors import DeclarationError


class Unit(enum.Enum):
    """A base unit; the value is how it is written in JSON and in documentation."""

    SECONDS = "seconds"
    BYTES = "bytes"
    RATIO = "ratio"
    """A share of a whole or one quantity over another of the same unit; 0.5 is a half, not 50."""
    COUNT = "count"
    PER_SECOND = "per second"
    BYTES_PER_SECOND = "bytes per second"


_RATE = {
    Unit.COUNT: Unit.PER_SECOND,
    Unit.BYTES: Unit.BYTES_PER_SECOND,
    Unit.SECONDS: Unit.RATIO,
}

_QUOTIENT = {
    (Unit.COUNT, Unit.SECONDS): Unit.PER_SECOND,
    (Unit.COUNT, Unit.PER_SECOND): Unit.SECONDS,
    (Unit.BYTES, Unit.SECONDS): Unit.BYTES_PER_SECOND,
    (Unit.BYTES, Unit.BYTES_PER_SECOND): Unit.SECONDS,
    (Unit.BYTES, Unit.COUNT): Unit.BYTES,
    (Unit.SECONDS, Unit.COUNT): Unit.SECONDS,
}

_PRODUCT = {
    frozenset({Unit.PER_SECOND, Unit.SECONDS}): Unit.COUNT,
    frozenset({Unit.BYTES_PER_SECOND, Unit.SECONDS}): Unit.BYTES,
}


def rate_of(unit: Unit) -> Unit:
    """The unit of a per-second rate of a counter in ``unit``.

    :raises DeclarationError: if a counter cannot have that unit.
    """
    if unit not in _RATE:
        raise DeclarationError(f"a counter in {unit.value} has no rate; counters count, or add up seconds or bytes")
    return _RATE[unit]


def sum_of(left: Unit, right: Unit, sign: str) -> Unit:
    """The unit of ``left + right`` or ``left - right``.

    :raises DeclarationError: if the units differ.
    """
    if left is not right:
        raise DeclarationError(f"cannot compute {left.value} {sign} {right.value}: both sides need the same unit")
    return left


def quotient_of(left: Unit, right: Unit) -> Unit:
    """The unit of ``left / right``.

    :raises DeclarationError: if no base unit fits the result.
    """
    if left is right:
        return Unit.RATIO
    if right is Unit.RATIO:
        return left
    if (left, right) not in _QUOTIENT:
        raise DeclarationError(f"{left.value} divided by {right.value} is none of the base units")
    return _QUOTIENT[left, right]


def product_of(left: Unit, right: Unit) -> Unit:
    """The unit of ``left * right``.

    :raises DeclarationError: if no base unit fits the result.
    """
    if left is Unit.RATIO:
        return right
    if right is Unit.RATIO:
        return left
    pair = frozenset({left, right})
    if pair not in _PRODUCT:
        raise DeclarationError(f"{left.value} times {right.value} is none of the base units")
    return _PRODUCT[pair]
