"""Parts that several explanations share."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.compiler.values import shown
from sre_copilot_hookspecs.configuration import Parameter, Verdict
from sre_copilot_hookspecs.explanations import Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue, ValueSource

ARROW = " → "


def with_unit(resolved: ResolvedValue) -> str:
    """A value with what it counts."""
    return amount(resolved.parameter, shown(resolved.value))


def amount(parameter: Parameter, text: str) -> str:
    """A value's text with what it counts."""
    return f"{text} {parameter.unit}".rstrip()


def chain_of(configuration: Configuration, resolved: ResolvedValue) -> str:
    """How a value came about: its causes with their values, each layer that had a say, and the value itself."""
    causes = [f"{key} {shown(configuration[key])}" for key in resolved.chain]
    return ARROW.join([*causes, f"{resolved.key} {shown(resolved.value)}"])


def layers_of(resolved: ResolvedValue) -> str:
    """Everyone who had a say, with what they said: ``50 (derived from …) → 80 (--set)``."""
    return ARROW.join(f"{shown(layer.value)} ({layer.by})" for layer in resolved.layers)


def is_left_alone(resolved: ResolvedValue) -> bool:
    """Whether a value is its parameter's default."""
    return resolved.source is ValueSource.DEFAULT


def value_table(values: Iterable[ResolvedValue]) -> Table:
    """Values with their source and reason."""
    return Table(
        ("parameter", "value", "source", "why"),
        tuple((value.key, with_unit(value), value.by, value.reason) for value in values),
    )


def guard_rails(configuration: Configuration, asked: int) -> Paragraph:
    """What the guard rails said.

    :param asked: how many there are.
    """
    fired = configuration.fired
    if not fired:
        return Paragraph("guard_rails", "Guard rails", f"None of the {asked} guard rails objects.")
    errors = sum(found.rail.verdict is Verdict.ERROR for found in fired)
    text = f"{len(fired)} of {asked} guard rails fired: {errors} as errors, {len(fired) - errors} as warnings."
    rows = tuple((found.key, found.rail.verdict.value, found.says) for found in fired)
    return Paragraph("guard_rails", "Guard rails", text, table=Table(("guard rail", "verdict", "says"), rows))
