"""A compiled profile's whole composition: its base, what was overridden, what followed, and who objected."""

from __future__ import annotations

from collections.abc import Iterator

from sre_copilot.compiler.values import shown
from sre_copilot.explain.configuration.parts import chain_of, guard_rails, is_left_alone, layers_of
from sre_copilot.explain.configuration.preset import purpose, title_of
from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration, ValueSource


def explain_composition(configuration: Configuration, asked: int) -> Explanation:
    """How a configuration is put together.

    :param asked: how many guard rails there are.
    """
    return Explanation(f"Configuration {configuration.name}", tuple(_paragraphs(configuration, asked)))


def _paragraphs(configuration: Configuration, asked: int) -> Iterator[Paragraph]:
    base = title_of(configuration.preset, configuration.modifier)
    yield Paragraph("base", "Base", f"{base}. {purpose(configuration)}")
    yield _overrides(configuration)
    yield guard_rails(configuration, asked)
    changed = [value for value in configuration.values.values() if not is_left_alone(value)]
    yield Paragraph(
        "composition",
        "How each value came about",
        f"{len(changed)} of {len(configuration.values)} values are not defaults.",
        table=Table(
            ("parameter", "value", "said by", "chain", "why"),
            tuple(
                (
                    value.key,
                    shown(value.value),
                    layers_of(value) if value.source is not ValueSource.DERIVED else "derived",
                    chain_of(configuration, value) if value.chain else "",
                    value.reason,
                )
                for value in changed
            ),
        ),
    )
    left = [value for value in configuration.values.values() if is_left_alone(value)]
    yield Paragraph(
        "defaults",
        "Left at their defaults",
        "",
        table=Table(("parameter", "value", "why"), tuple((v.key, shown(v.value), v.reason) for v in left)),
    )


def _overrides(configuration: Configuration) -> Paragraph:
    if not configuration.overrides:
        return Paragraph("overrides", "Overrides", "Nothing was set by name.")
    rows = tuple(
        (value.key, shown(value.layers[-2].value), shown(value.value), value.by) for value in configuration.overrides
    )
    text = f"{len(rows)} set by name." if len(rows) > 1 else "One value was set by name."
    return Paragraph("overrides", "Overrides", text, table=Table(("parameter", "instead of", "value", "said by"), rows))
