"""Declarations that can never work, found when they are registered rather than when somebody compiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter

from sre_copilot.compiler.values import ValueRefused, parse
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs.configuration import GuardRail, Modifier, Parameter, ParameterClass, Preset
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.nearest import nearest

Describe = Callable[[str], str]

FACTS = frozenset({"modifier", "preset.from", "preset.below"})
"""What guard rails may look at besides parameters."""

FACTS_OF = ("preset/", "modifier/", "previous/")
"""What they may look at of each parameter besides its value."""


class Misdeclared(DeclarationError):
    """A declaration about configuration that can never work."""

    def __init__(self, plugin: str, hook: str, says: str) -> None:
        """:param says: the whole sentence."""
        super().__init__(says)
        self.plugin = plugin
        self.hook = hook


def check_parameters(declared: Mapping[str, Declared[Parameter]], describe: Describe) -> None:
    """Refuse parameters that contradict themselves, or claim one place.

    :raises Misdeclared: naming the plugin, or both.
    """
    places: dict[tuple[str, str], str] = {}
    for key, entry in declared.items():
        complaint = _complaint(entry.value)
        if complaint is not None:
            raise _misdeclared(entry.plugin, "copilot_parameters", f"parameter {key!r} {complaint}", describe)
        for emission in entry.value.emitted:
            place = (emission.target, emission.name)
            first = places.setdefault(place, key)
            if first == key:
                continue
            says = (
                f"parameter {key!r} is written to {emission.name} in {emission.target}, as is {first!r} of"
                f" {describe(declared[first].plugin)}; a place belongs to one parameter"
            )
            raise _misdeclared(entry.plugin, "copilot_parameters", says, describe)


def _complaint(parameter: Parameter) -> str | None:
    if parameter.derivation is not None:
        return None if parameter.default is None else "has both a default and a derivation; give it one of them"
    if parameter.default is None:
        return "has neither a default nor a derivation; give it one of them"
    try:
        value = parse(parameter, parameter.default)
    except ValueRefused as refused:
        return f"cannot have its own default: {refused}"
    same = type(value) is type(parameter.default)
    return None if same else f"has the default {parameter.default!r}, which is not of its type"


def derivation_order(declared: Mapping[str, Declared[Parameter]], describe: Describe) -> tuple[Parameter, ...]:
    """The parameters, each behind those that its derivation reads.

    :raises Misdeclared: if one reads what nobody declares, or a value would follow from itself.
    """
    graph: dict[str, tuple[str, ...]] = {}
    for key, entry in declared.items():
        inputs = () if entry.value.derivation is None else entry.value.derivation.inputs
        for name in inputs:
            if name not in declared:
                says = f"parameter {key!r} is derived from {name!r}, which no plugin declares{_hint(name, declared)}"
                raise _misdeclared(entry.plugin, "copilot_parameters", says, describe)
        graph[key] = inputs
    try:
        ordered = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise _circular(error.args[1], declared, describe) from None
    return tuple(declared[key].value for key in ordered)


def _circular(cycle: list[str], declared: Mapping[str, Declared[Parameter]], describe: Describe) -> Misdeclared:
    # The sorter names causes first; a person reads what follows from what.
    path = " from ".join(repr(key) for key in reversed(cycle))
    plugins = dict.fromkeys(declared[key].plugin for key in cycle)
    says = f"parameters would be derived from themselves: {path}; break the circle of " + " and ".join(
        describe(plugin) for plugin in plugins
    )
    return _misdeclared(next(iter(plugins)), "copilot_parameters", says, describe)


def check_layer(
    hook: str, entry: Declared[Preset] | Declared[Modifier], known: Mapping[str, Parameter], describe: Describe
) -> None:
    """Refuse a preset or modifier that sets what it may not.

    :raises Misdeclared: naming plugin, preset or modifier, and parameter.
    """
    noun = hook.removeprefix("copilot_").removesuffix("s")
    subject = f"{noun} {entry.value.key!r}"
    for key, value in entry.value.values:
        says = _layer_complaint(key, value, known)
        if says is not None:
            raise _misdeclared(entry.plugin, hook, f"{subject} {says}", describe)
    for key, _ in entry.value.reasons:
        if key not in dict(entry.value.values):
            raise _misdeclared(entry.plugin, hook, f"{subject} gives a reason for {key!r}, which it leaves", describe)


def _layer_complaint(key: str, value: bool | float | str, known: Mapping[str, Parameter]) -> str | None:
    parameter = known.get(key)
    if parameter is None:
        return f"sets {key!r}, which no plugin declares{_hint(key, known)}"
    if parameter.kind is ParameterClass.SAFETY:
        return f"sets {key!r}, which is a safety parameter; those follow from the targets alone"
    try:
        parse(parameter, value)
    except ValueRefused as refused:
        return f"sets {key!r} wrongly: {refused}"
    return None


def check_guard_rail(entry: Declared[GuardRail], known: Mapping[str, Parameter], describe: Describe) -> None:
    """Refuse a guard rail that looks at nothing there is.

    :raises Misdeclared: naming plugin, guard rail and input.
    """
    for name in entry.value.inputs:
        of_parameter = next((name.removeprefix(start) for start in FACTS_OF if name.startswith(start)), name)
        if name in FACTS or of_parameter in known:
            continue
        says = f"guard rail {entry.value.key!r} looks at {name!r}, which no plugin declares{_hint(name, known)}"
        raise _misdeclared(entry.plugin, "copilot_guard_rails", says, describe)


def _misdeclared(plugin: str, hook: str, says: str, describe: Describe) -> Misdeclared:
    return Misdeclared(plugin, hook, f"{describe(plugin)}, hook {hook}: {says}")


def _hint(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near is not None else ""
