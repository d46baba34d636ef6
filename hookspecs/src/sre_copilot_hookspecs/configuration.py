"""The configuration compiler's declarations: parameters, presets, modifiers, guard rails, adapters."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from sre_copilot_hookspecs.explanations import Explanation
    from sre_copilot_hookspecs.resolved import Configuration

Value = bool | int | float | str

DYNAMIC_CONFIG = "dynamic-config"
"""Target of keys that a Temporal server reads from its dynamic configuration."""
ENVIRONMENT = "environment"
"""Target of environment variables that a server and its persistence plugin read."""
DSQL_PLUGIN = "dsql-plugin"
"""Target of fields in the settings file of the DSQL persistence plugin."""
GO = "go"
"""Target of the worker options of the Go SDK."""
PYTHON = "python"
"""Target of the worker options of the Python SDK."""


class ParameterClass(enum.Enum):
    """Who should set a parameter."""

    SLO = "slo"
    """What the cluster must carry; people set it."""
    TOPOLOGY = "topology"
    """What it runs on; people set it."""
    SAFETY = "safety"
    """Locked, because the wrong value loses data or availability: no preset and no modifier may set one. It
    follows from the targets; only an override by name changes it, and the guard rails judge that."""
    TUNING = "tuning"
    """Derived; people may override it and are told what that means."""


class ParameterType(enum.Enum):
    """The type of a parameter's value; durations are texts with a unit as Go writes them, such as ``5m``."""

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
    """Where a parameter ends up. Any number of adapters may write one target."""

    target: str
    """``dynamic-config``, ``environment``, ``dsql-plugin``, ``go``, ``python``, or one of a plugin's own."""
    name: str
    """Its name there: a dynamic-config key, an environment variable, a struct field."""
    unit: str = ""
    """``min`` or ``s`` where the target wants a duration as a whole number of these; else it gets the text."""


@attrs.frozen
class Parameter:
    """One setting of a deployment, with everything that can be said about it."""

    key: str
    kind: ParameterClass
    type: ParameterType
    description: str
    rationale: str
    default: Value | None = None
    """What holds where nobody says otherwise; ``None`` exactly where a derivation gives the value."""
    unit: str = ""
    minimum: float | None = None
    """Of a duration in seconds."""
    maximum: float | None = None
    """Of a duration in seconds."""
    choices: tuple[str, ...] = ()
    derivation: Derivation | None = None
    emitted: tuple[Emission, ...] = ()
    source: str = ""
    """Where the default and the range come from."""
    immutable: bool = False
    """Whether it can never change once the cluster exists."""

    def emissions(self, target: str) -> tuple[Emission, ...]:
        """Where it ends up in one target."""
        return tuple(emission for emission in self.emitted if emission.target == target)


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
    """What it looks at, in the order ``violated`` takes them: keys of parameters, or

    - ``preset/KEY``, ``modifier/KEY``, ``previous/KEY``: the value that the preset or the modifier sets, or that
      the profile held which this one replaces; ``None`` where there is none;
    - ``preset.from``, ``preset.below``: the preset's range of throughput, the latter ``None`` without an end;
    - ``modifier``: the modifier's key, or empty.

    Durations arrive as texts; :func:`sre_copilot_hookspecs.durations.go_seconds_of` reads them."""
    violated: Callable[..., bool]
    verdict: Verdict
    says: str
    """What is wrong and what to do. ``{INPUT}`` stands for a value, ``{FIGURE}`` for one of ``figures``."""
    figures: Callable[..., Mapping[str, Value]] | None = None
    """Further values for ``says``, from the same inputs."""
    source: str = ""
    """Where the limit comes from."""


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
        """Its name, as settings, failures, listings and ``--sdk`` and ``--platform`` show it."""

    @property
    def kind(self) -> str:
        """``sdk`` or ``platform``, which are chosen; ``server`` or ``document``, which are always written."""

    def artifacts(self, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:
        """The files for these values. Equal values give equal bytes.

        :param configuration: every value with its source, chosen and derived.
        :param explanation: the whole composition of it in words, as ``sre-copilot explain`` tells it.
        """
