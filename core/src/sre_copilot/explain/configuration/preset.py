"""A preset's reasoning: from its targets through its topology to the values that are locked."""

from __future__ import annotations

from collections.abc import Iterator

from sre_copilot.explain.configuration.parts import chain_of, guard_rails, value_table, with_unit
from sre_copilot_hookspecs.configuration import Modifier, ParameterClass, Preset
from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration, ResolvedValue, ValueSource


def title_of(preset: Preset, modifier: Modifier | None) -> str:
    """What a preset is called, with its modifier."""
    return f"Preset {preset.key}" if modifier is None else f"Preset {preset.key} with modifier {modifier.key}"


def explain_preset(configuration: Configuration, asked: int) -> Explanation:
    """Why a preset is as it is.

    :param configuration: the preset compiled, alone or with a modifier.
    :param asked: how many guard rails there are.
    """
    return Explanation(title_of(configuration.preset, configuration.modifier), tuple(_paragraphs(configuration, asked)))


def _paragraphs(configuration: Configuration, asked: int) -> Iterator[Paragraph]:
    yield Paragraph("setting", "What it is for", purpose(configuration))
    yield Paragraph(
        "targets",
        "Targets",
        "What the cluster has to carry. Everything below follows from these numbers or serves them.",
        table=value_table(_of(configuration, ParameterClass.SLO)),
    )
    yield Paragraph(
        "topology",
        "Topology",
        "What it runs on.",
        table=value_table(_of(configuration, ParameterClass.TOPOLOGY)),
    )
    yield Paragraph(
        "safety",
        "Locked safety values",
        "No preset and no modifier sets these. They follow from the targets and from what the database allows.",
        table=_reasoned(configuration, _of(configuration, ParameterClass.SAFETY)),
    )
    yield Paragraph(
        "tuning",
        "Tuning",
        "These follow too. Each may be overridden by name.",
        table=_reasoned(configuration, _of(configuration, ParameterClass.TUNING)),
    )
    yield guard_rails(configuration, asked)


def purpose(configuration: Configuration) -> str:
    """What preset and modifier are for, with the preset's range."""
    preset, modifier = configuration.preset, configuration.modifier
    start, below = preset.throughput
    reach = f"from {start:g} state transitions a second" + ("" if below is None else f" to below {below:g}")
    words = f"{preset.description} Made for clusters {reach}."
    return words if modifier is None else f"{words}\n{modifier.key}: {modifier.description}"


def _of(configuration: Configuration, kind: ParameterClass) -> list[ResolvedValue]:
    return [value for value in configuration.values.values() if value.parameter.kind is kind]


def _reasoned(configuration: Configuration, values: list[ResolvedValue]) -> Table:
    rows = tuple((value.key, with_unit(value), _from(configuration, value), value.reason) for value in values)
    return Table(("parameter", "value", "follows from", "why"), rows)


def _from(configuration: Configuration, value: ResolvedValue) -> str:
    if value.source is ValueSource.DERIVED:
        return chain_of(configuration, value).rpartition(" → ")[0]
    return value.by
