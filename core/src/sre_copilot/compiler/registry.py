"""Everything that plugins declare about configuration, checked and put in order once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import attrs

from sre_copilot.compiler.checking import check_guard_rail, check_layer, check_parameters, derivation_order
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs.configuration import GuardRail, Modifier, Parameter, ParameterClass, Preset

SURFACED = (ParameterClass.SLO, ParameterClass.TOPOLOGY)
"""The classes that people are asked for; everything else follows from them."""


@attrs.frozen
class Registry:
    """Parameters, presets, modifiers and guard rails of all plugins."""

    parameters: Mapping[str, Parameter]
    """By key; those of one class stand together, in the order of the classes."""
    order: tuple[Parameter, ...]
    """The same, each behind everything that its derivation reads."""
    presets: Mapping[str, Preset]
    modifiers: Mapping[str, Modifier]
    guard_rails: tuple[GuardRail, ...]
    owners: Mapping[str, str]
    """The plugin of each parameter."""
    compiler: str = ""
    """Version of the compiler."""
    plugins: tuple[tuple[str, str], ...] = ()
    """Name and version of the plugins that declared something here."""

    @classmethod
    def of(
        cls,
        parameters: Iterable[Declared[Parameter]],
        presets: Iterable[Declared[Preset]] = (),
        modifiers: Iterable[Declared[Modifier]] = (),
        guard_rails: Iterable[Declared[GuardRail]] = (),
        *,
        describe: Callable[[str], str] = "plugin {!r}".format,
        compiler: str = "",
        plugins: tuple[tuple[str, str], ...] = (),
    ) -> Registry:
        """The registry of these declarations.

        :param describe: from a plugin's name to how a sentence names it.
        :raises Misdeclared: if a declaration cannot be, refers to a parameter that nobody declares, or derives a
            value from itself; names the plugins.
        """
        declared = {entry.value.key: entry for entry in parameters}
        check_parameters(declared, describe)
        order = derivation_order(declared, describe)
        known = {key: entry.value for key, entry in declared.items()}
        presets, modifiers, guard_rails = tuple(presets), tuple(modifiers), tuple(guard_rails)
        for hook, layers in (("copilot_presets", presets), ("copilot_modifiers", modifiers)):
            for layer in layers:
                check_layer(hook, layer, known, describe)
        for rail in guard_rails:
            check_guard_rail(rail, known, describe)
        ranked = sorted(known.values(), key=lambda parameter: _RANK[parameter.kind])
        return cls(
            parameters=MappingProxyType({parameter.key: parameter for parameter in ranked}),
            order=order,
            presets=MappingProxyType({entry.value.key: entry.value for entry in presets}),
            modifiers=MappingProxyType({entry.value.key: entry.value for entry in modifiers}),
            guard_rails=tuple(entry.value for entry in guard_rails),
            owners=MappingProxyType({key: entry.plugin for key, entry in declared.items()}),
            compiler=compiler,
            plugins=plugins,
        )

    def dependents(self, key: str) -> tuple[str, ...]:
        """The parameters that are derived from this one directly, in the order of the registry."""
        return tuple(
            other.key
            for other in self.parameters.values()
            if other.derivation is not None and key in other.derivation.inputs
        )

    def judges(self, key: str) -> tuple[GuardRail, ...]:
        """The guard rails that look at a parameter."""
        return tuple(rail for rail in self.guard_rails if key in rail.inputs)


_RANK = {kind: rank for rank, kind in enumerate(ParameterClass)}
