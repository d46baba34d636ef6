"""The value of every parameter: layer by layer, then derivation by derivation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from sre_copilot.compiler.compiled import Problem
from sre_copilot.compiler.registry import Registry
from sre_copilot.compiler.values import ValueRefused, kind_of, parse, shown
from sre_copilot_hookspecs.configuration import Modifier, Parameter, Preset, Value
from sre_copilot_hookspecs.resolved import Layer, ResolvedValue, ValueSource


@attrs.frozen
class Accepted:
    """An override whose key and value are sound."""

    key: str
    value: Value
    by: str
    source: ValueSource


@attrs.frozen
class Resolution:
    """Every value, and what went wrong on the way."""

    values: Mapping[str, ResolvedValue]
    problems: tuple[Problem, ...]


def resolve(registry: Registry, preset: Preset, modifier: Modifier | None, overrides: Iterable[Accepted]) -> Resolution:
    """Resolve every parameter.

    A derivation counts where neither preset, modifier, environment nor override says anything; what it would give
    is kept as the first layer all the same.
    """
    layers = _layers(preset, modifier, overrides)
    reasons = reasons_of(preset, modifier)
    found: dict[str, ResolvedValue] = {}
    problems: list[Problem] = []
    for parameter in registry.order:
        first = _first_layer(registry, parameter, found, problems)
        above = layers.get(parameter.key, ())
        found[parameter.key] = _resolved(parameter, (first, *above), found, reasons)
    return Resolution({key: found[key] for key in registry.parameters}, tuple(problems))


def _layers(preset: Preset, modifier: Modifier | None, overrides: Iterable[Accepted]) -> dict[str, tuple[Layer, ...]]:
    layers: dict[str, tuple[Layer, ...]] = {
        key: (Layer(ValueSource.PRESET, f"preset {preset.key}", value),) for key, value in preset.values
    }
    if modifier is not None:
        for key, value in modifier.values:
            layer = Layer(ValueSource.MODIFIER, f"modifier {modifier.key}", value)
            layers[key] = (*layers.get(key, ()), layer)
    # An environment first: what is said on the command line outweighs it.
    for override in sorted(overrides, key=lambda override: override.source is ValueSource.OVERRIDE):
        layer = Layer(override.source, override.by, override.value)
        layers[override.key] = (*layers.get(override.key, ()), layer)
    return layers


def _first_layer(
    registry: Registry, parameter: Parameter, found: Mapping[str, ResolvedValue], problems: list[Problem]
) -> Layer:
    derivation = parameter.derivation
    if derivation is None:
        assert parameter.default is not None  # the registry has checked it
        return Layer(ValueSource.DEFAULT, "default", parameter.default)
    inputs = [found[name].value for name in derivation.inputs]
    by = f"derived from {', '.join(derivation.inputs)}"
    try:
        return Layer(ValueSource.DERIVED, by, parse(parameter, derivation.compute(*inputs)))
    except ValueRefused as refused:
        why = f"would be {refused}"
    except Exception as error:  # noqa: BLE001 - a plugin's function must not take the others' values down
        why = f"cannot be derived: {type(error).__name__}: {error}"
    given = ", ".join(f"{name} {shown(value)}" for name, value in zip(derivation.inputs, inputs, strict=True))
    plugin = registry.owners[parameter.key]
    says = f"{parameter.key} (plugin {plugin!r}) {why}; it was derived from {given}"
    problems.append(Problem(" ".join(says.split()), (parameter.key,)))
    return Layer(ValueSource.DERIVED, by, _stand_in(parameter))


def _stand_in(parameter: Parameter) -> Value:
    """Something of a failed value's type; nothing is ever written from it."""
    return "" if kind_of(parameter).startswith("a text") else 0


def _resolved(
    parameter: Parameter,
    layers: tuple[Layer, ...],
    found: Mapping[str, ResolvedValue],
    reasons: Mapping[str, str],
) -> ResolvedValue:
    last = layers[-1]
    if last.source is not ValueSource.DERIVED:
        return ResolvedValue(parameter, last.value, layers, reason_of(parameter, last, reasons))
    assert parameter.derivation is not None
    inputs = parameter.derivation.inputs
    chain = tuple(dict.fromkeys(key for name in inputs for key in (*found[name].chain, name)))
    return ResolvedValue(parameter, last.value, layers, reason_of(parameter, last, reasons), chain)


def reasons_of(preset: Preset, modifier: Modifier | None) -> dict[str, str]:
    """What preset and modifier say about their values, by key."""
    return {**dict(preset.reasons), **({} if modifier is None else dict(modifier.reasons))}


def reason_of(parameter: Parameter, layer: Layer, reasons: Mapping[str, str]) -> str:
    """Why a layer says what it says, as one sentence."""
    if layer.source is ValueSource.DERIVED and parameter.derivation is not None:
        return parameter.derivation.because
    if layer.source in (ValueSource.PRESET, ValueSource.MODIFIER):
        return reasons.get(parameter.key, parameter.rationale)
    if layer.source is ValueSource.DEFAULT:
        return parameter.rationale
    return f"Asked for by {layer.by}."
