"""A compiled configuration: every value of a deployment, where it comes from and what follows from what."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

import attrs

from sre_copilot_hookspecs.configuration import Emission, GuardRail, Modifier, Parameter, Preset, Value


class ValueSource(enum.Enum):
    """Who set a value. Each one outweighs those before it; a derivation only what was left at its default."""

    DEFAULT = "default"
    DERIVED = "derived"
    PRESET = "preset"
    MODIFIER = "modifier"
    ENVIRONMENT = "environment"
    OVERRIDE = "override"


@attrs.frozen
class Layer:
    """What one of them said about a value."""

    source: ValueSource
    by: str
    """As a sentence names it: ``preset mid-scale``, ``DSQL_RESERVOIR_ENABLED in prod.env``, ``--set``."""
    value: Value


@attrs.frozen
class ResolvedValue:
    """The value of one parameter, and how it came about."""

    parameter: Parameter
    value: Value
    layers: tuple[Layer, ...]
    """Everyone who had a say, the weakest first; the last one counts."""
    reason: str
    """Why this value, as one sentence: of the preset, the modifier, the derivation, or the parameter."""
    chain: tuple[str, ...] = ()
    """If it was derived: every parameter it follows from, directly or not, causes before what they lead to."""

    @property
    def key(self) -> str:
        """The parameter's key."""
        return self.parameter.key

    @property
    def source(self) -> ValueSource:
        """Who set the value that counts."""
        return self.layers[-1].source

    @property
    def by(self) -> str:
        """Who set the value that counts, as a sentence names it."""
        return self.layers[-1].by

    @property
    def is_redundant(self) -> bool:
        """Whether the last layer only repeats what would hold without it."""
        return len(self.layers) > 1 and self.layers[-1].value == self.layers[-2].value


@attrs.frozen
class FiredGuardRail:
    """A guard rail whose condition holds, with its sentence filled in."""

    rail: GuardRail
    says: str

    @property
    def key(self) -> str:
        """The guard rail's key."""
        return self.rail.key


@attrs.frozen
class Configuration:
    """A deployment, compiled."""

    name: str
    preset: Preset
    modifier: Modifier | None
    values: Mapping[str, ResolvedValue]
    """By key, in the order of the registry."""
    fired: tuple[FiredGuardRail, ...] = ()
    """The guard rails that fired. Whoever writes artifacts sees warnings only: an error stops before that."""
    compiler: str = ""
    """Version of the compiler."""
    plugins: tuple[tuple[str, str], ...] = ()
    """Name and version of the plugins that declared its parameters, presets, modifiers and guard rails."""

    def __getitem__(self, key: str) -> Value:
        """The value of a parameter.

        :raises KeyError: if there is no such parameter.
        """
        return self.values[key].value

    def get(self, key: str, otherwise: Value | None = None) -> Value | None:
        """The value of a parameter, or ``otherwise`` where no plugin declares it."""
        found = self.values.get(key)
        return otherwise if found is None else found.value

    def emitted(self, target: str) -> Iterator[tuple[Emission, ResolvedValue]]:
        """Everything that ends up in a target, in the order of the registry."""
        for resolved in self.values.values():
            for emission in resolved.parameter.emissions(target):
                yield emission, resolved

    @property
    def overrides(self) -> tuple[ResolvedValue, ...]:
        """Values that somebody set by name, on the command line or in an environment."""
        own = (ValueSource.ENVIRONMENT, ValueSource.OVERRIDE)
        return tuple(resolved for resolved in self.values.values() if resolved.source in own)
