"""The configuration compiler's declarations: parameters, presets, modifiers, guard rails, adapters."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import attrs

Value = bool | int | float | str


class ParameterClass(enum.Enum):
    """Who should set a parameter."""

    SLO = "slo"
    """What the cluster must carry; people set it."""
    TOPOLOGY = "topology"
    """What it runs on; people set it."""
    SAFETY = "safety"
    """Locked, because the wrong value loses data or availability."""
    TUNING = "tuning"
    """Derived; people may override it and are told what that means."""


class ParameterType(enum.Enum):
    """The type of a parameter's value; durations are written with a unit, such as ``5m``."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DURATION = "duration"


@attrs.frozen
class Derivation:
    """How a value follows from others: a typed function and the names of its inputs, in order."""

    inputs: tuple[str, ...]
    compute: Callable[..., Value]
    because: str
    """Why this formula, as one sentence."""


@attrs.frozen
class Emission:
    """Where a parameter ends up."""

    adapter: str
    name: str
    """Its name there: a dynamic-config key, an environment variable, a struct field."""


@attrs.frozen
class Parameter:
    """One setting of a deployment, with everything that can be said about it."""

    key: str
    kind: ParameterClass
    type: ParameterType
    description: str
    rationale: str
    default: Value
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    derivation: Derivation | None = None
    emitted: tuple[Emission, ...] = ()
    source: str = ""
    """Where the default and the range come from."""


@attrs.frozen
class Preset:
    """A starting point for a deployment of some size."""

    key: str
    description: str
    throughput: tuple[float, float | None]
    """State transitions a second: from, and below which (``None``: no upper end)."""
    values: tuple[tuple[str, Value], ...]
    reasons: tuple[tuple[str, str], ...] = ()
    """Parameter and why the preset sets it so."""


@attrs.frozen
class Modifier:
    """A change to any preset that a kind of workload asks for."""

    key: str
    description: str
    values: tuple[tuple[str, Value], ...]
    reasons: tuple[tuple[str, str], ...] = ()


class Verdict(enum.Enum):
    """What a guard rail does when its condition holds."""

    WARNING = "warning"
    ERROR = "error"


@attrs.frozen
class GuardRail:
    """A combination of values that fails later, caught now."""

    key: str
    inputs: tuple[str, ...]
    """Parameters it looks at, in the order ``violated`` takes them."""
    violated: Callable[..., bool]
    verdict: Verdict
    says: str
    """What is wrong and what to do. ``{PARAMETER}`` stands for a value."""


@attrs.frozen
class Artifact:
    """One file of a compiled deployment."""

    path: str
    """Relative to the output folder."""
    content: bytes


class Adapter(Protocol):
    """Writes resolved values for one technology."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    @property
    def kind(self) -> str:
        """``sdk``, ``platform``, ``server`` or ``document``."""

    def artifacts(self, name: str, values: Mapping[str, Value]) -> Sequence[Artifact]:
        """The files for these values. Equal values give equal bytes."""
