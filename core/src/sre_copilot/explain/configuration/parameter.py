"""One parameter: what it is, why it is so, what it follows from and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.values import kind_of, shown
from sre_copilot.explain.configuration.parts import amount, with_unit
from sre_copilot_hookspecs.configuration import Parameter, ParameterClass
from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_hookspecs.resolved import Configuration

_PLACES = str.maketrans("{}", "<>")

_CLASSES = {
    ParameterClass.SLO: "A target: people state it, and everything else follows from it.",
    ParameterClass.TOPOLOGY: "Topology: people choose it, or take what the preset has.",
    ParameterClass.SAFETY: "A safety parameter: locked against presets and modifiers, because the wrong value loses"
    " data or availability. An override by name changes it, and the guard rails judge that.",
    ParameterClass.TUNING: "A tuning parameter: it follows from the targets. Overriding it is allowed and seldom"
    " needed.",
}


def explain_parameter(registry: Registry, key: str, compiled: Mapping[str, Configuration]) -> Explanation:
    """All about one parameter.

    :param key: of a parameter that the registry has.
    :param compiled: the configurations whose values are shown beside each other, by what they are called.
    """
    parameter = registry.parameters[key]
    return Explanation(key, tuple(_paragraphs(registry, parameter, compiled)))


def _paragraphs(registry: Registry, parameter: Parameter, compiled: Mapping[str, Configuration]) -> Iterator[Paragraph]:
    fixed = " It can never change once the cluster exists." if parameter.immutable else ""
    yield Paragraph(
        "meaning",
        "What it is",
        f"{parameter.description}{fixed}\n{_CLASSES[parameter.kind]}\nIt is {kind_of(parameter)}, declared by plugin"
        f" {registry.owners[parameter.key]}.",
    )
    yield Paragraph("rationale", "Why it matters", parameter.rationale)
    yield _origin(parameter)
    yield Paragraph("values", "Its values", "", table=_values(parameter.key, compiled))
    if dependents := registry.dependents(parameter.key):
        yield Paragraph("consequences", "What follows from it", f"{', '.join(dependents)}.")
    if parameter.emitted:
        rows = tuple((emission.target, emission.name, emission.unit) for emission in parameter.emitted)
        yield Paragraph("emitted", "Where it ends up", "", table=Table(("target", "name", "counted in"), rows))
    else:
        yield Paragraph("emitted", "Where it ends up", "In the profile; no server and no SDK has a setting for it.")
    if rails := registry.judges(parameter.key):
        # Nothing is compiled here, so places for values stay places.
        judged = tuple((rail.key, rail.verdict.value, rail.says.translate(_PLACES)) for rail in rails)
        yield Paragraph(
            "guard_rails", "Guard rails that look at it", "", table=Table(("guard rail", "verdict", "says"), judged)
        )


def _origin(parameter: Parameter) -> Paragraph:
    source = f"\n{parameter.source}" if parameter.source else ""
    if parameter.derivation is None:
        text = f"It is {amount(parameter, shown(parameter.default))} where nobody says otherwise.{source}"
        return Paragraph("origin", "Where it comes from", text)
    inputs = " and ".join(filter(None, (", ".join(parameter.derivation.inputs[:-1]), parameter.derivation.inputs[-1])))
    return Paragraph(
        "origin", "Where it comes from", f"It is derived from {inputs}. {parameter.derivation.because}{source}"
    )


def _values(key: str, compiled: Mapping[str, Configuration]) -> Table:
    rows = []
    for name, configuration in compiled.items():
        resolved = configuration.values[key]
        rows.append((name, with_unit(resolved), resolved.by, resolved.reason))
    return Table(("in", "value", "source", "why"), tuple(rows))
