"""Lists of what there is: presets, modifiers, parameters, one preset's values, two configurations' differences."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.compiler.difference import Difference
from sre_copilot.compiler.registry import SURFACED, Registry
from sre_copilot.compiler.values import kind_of, shown
from sre_copilot.explain.configuration.parts import amount, with_unit
from sre_copilot.explain.configuration.preset import purpose, title_of
from sre_copilot_hookspecs.configuration import Parameter, ParameterClass
from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration

HEADINGS = {
    ParameterClass.SLO: "Targets",
    ParameterClass.TOPOLOGY: "Topology",
    ParameterClass.SAFETY: "Safety",
    ParameterClass.TUNING: "Tuning",
}
"""What the classes of parameters are called over a table."""


def list_presets(registry: Registry) -> Explanation:
    """Every preset with its range and the values that people choose."""
    surfaced = [key for key, parameter in registry.parameters.items() if parameter.kind in SURFACED]
    rows = []
    for preset in registry.presets.values():
        start, below = preset.throughput
        reach = f"{start:g} and more" if below is None else f"{start:g} to {below:g}"
        rows.append((preset.key, reach, preset.description))
    sized = tuple((key, *(_of(registry, preset, key) for preset in registry.presets)) for key in surfaced)
    return Explanation(
        "Presets",
        (
            Paragraph("presets", "", "", table=Table(("preset", "state transitions per second", "for"), tuple(rows))),
            Paragraph("values", "What they set", "", table=Table(("parameter", *registry.presets), sized)),
        ),
    )


def _of(registry: Registry, preset: str, key: str) -> str:
    value = dict(registry.presets[preset].values).get(key)
    return "derived" if value is None else shown(value)


def list_modifiers(registry: Registry) -> Explanation:
    """Every modifier with what it sets and why."""
    return Explanation(
        "Modifiers",
        tuple(
            Paragraph(
                modifier.key,
                modifier.key,
                modifier.description,
                table=Table(
                    ("parameter", "value", "why"),
                    tuple((key, shown(value), dict(modifier.reasons).get(key, "")) for key, value in modifier.values),
                ),
            )
            for modifier in registry.modifiers.values()
        ),
    )


def list_parameters(registry: Registry, kinds: Iterable[ParameterClass]) -> Explanation:
    """Every parameter of some classes, with its default, what it takes, and what it is."""
    return Explanation(
        "Parameters",
        tuple(
            Paragraph(
                kind.value,
                HEADINGS[kind],
                "",
                table=Table(
                    ("parameter", "default", "takes", "is"),
                    tuple(_row(parameter) for parameter in registry.parameters.values() if parameter.kind is kind),
                ),
            )
            for kind in kinds
        ),
    )


def _row(parameter: Parameter) -> tuple[str, ...]:
    default = "derived" if parameter.derivation is not None else shown(parameter.default)
    return parameter.key, default, kind_of(parameter), parameter.description


def describe(configuration: Configuration) -> Explanation:
    """Every value of a preset by class, with its source and why the parameter matters."""
    return Explanation(
        title_of(configuration.preset, configuration.modifier),
        (
            Paragraph("setting", "", purpose(configuration)),
            *(_class_of(configuration, kind) for kind in ParameterClass),
        ),
    )


def _class_of(configuration: Configuration, kind: ParameterClass) -> Paragraph:
    rows = tuple(
        (value.key, with_unit(value), value.source.value, value.parameter.rationale)
        for value in configuration.values.values()
        if value.parameter.kind is kind
    )
    return Paragraph(kind.value, HEADINGS[kind], "", table=Table(("parameter", "value", "source", "rationale"), rows))


def list_differences(left: str, right: str, found: tuple[Difference, ...]) -> Explanation:
    """What tells two configurations apart, class by class."""
    title = f"{left} and {right}"
    if not found:
        return Explanation(title, (Paragraph("same", "", "All values are the same."),))
    paragraphs = []
    for kind in ParameterClass:
        rows = tuple(
            (one.parameter.key, shown(one.left.value), amount(one.parameter, shown(one.right.value)))
            for one in found
            if one.parameter.kind is kind
        )
        if rows:
            table = Table(("parameter", left, right), rows)
            paragraphs.append(Paragraph(kind.value, HEADINGS[kind], "", table=table))
    return Explanation(title, tuple(paragraphs))
