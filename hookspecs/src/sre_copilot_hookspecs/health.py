"""What plugins declare about health: gates, thresholds, causes, the actors of a cluster, findings."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Sequence
from typing import Protocol

import attrs

from sre_copilot_hookspecs.actions import Action as Action  # noqa: PLC0414 - still to be had from here
from sre_copilot_hookspecs.actions import ActionKind as ActionKind  # noqa: PLC0414 - still to be had from here
from sre_copilot_hookspecs.actions import Risk as Risk  # noqa: PLC0414 - still to be had from here
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.readings import Window
from sre_copilot_hookspecs.signals import Signal, dotted_key
from sre_copilot_hookspecs.units import Unit


class HealthState(enum.Enum):
    """The answer to the one question: does the cluster make forward progress on workflows?"""

    HAPPY = "happy"
    STRESSED = "stressed"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    """Not enough could be read to say. Never an outcome of rules that fired."""


class Band(enum.Enum):
    """How much a cluster carries; thresholds differ by it."""

    STARTER = "starter"
    """Below 50 state transitions a second."""
    MID_SCALE = "mid-scale"
    """From 50 to below 500."""
    HIGH_THROUGHPUT = "high-throughput"
    """From 500."""


class Mode(enum.Enum):
    """What a cluster is busy with; some gates rest in some modes."""

    NORMAL = "normal"
    IDLE = "idle"
    """Reachable, freshly measured, and nothing is asked of it."""
    SYSTEM_BUSY = "system-busy"
    """Busy with its own housekeeping: retention, deletion, archival."""
    RECOVERING = "recovering"
    """The backlog falls and progress exceeds demand."""
    BLIND = "blind"
    """Too little could be read to judge."""


class Level(enum.Enum):
    """What it means that a gate fires."""

    CRITICAL = "critical"
    """Forward progress is lost. Only primary signals may carry such a gate."""
    STRESSED = "stressed"
    """Forward progress suffers or soon will."""
    HEALTHY = "healthy"
    """Progress is as it should be. Happy needs every such gate that can be read to fire."""
    EVIDENCE = "evidence"
    """No state by itself: a fact that causes and worker rules refer to."""
    IDLE = "idle"
    """Part of the proof that nothing is asked. Idle mode needs every such gate to fire."""
    SYSTEM_BUSY = "system-busy"
    """A sign of housekeeping. One suffices."""
    RECOVERING = "recovering"
    """Part of the proof of a recovery. The mode needs every such gate to fire."""


class Direction(enum.Enum):
    """On which side of its threshold a gate fires. Equality never fires."""

    ABOVE = "above"
    BELOW = "below"


@attrs.frozen
class Condition:
    """What must hold before a gate is judged at all, such as enough demand to speak of.

    A condition that does not hold makes the gate clear; one that cannot be read makes it unknown.
    """

    signal: str
    direction: Direction
    threshold: str
    same_place: bool = False
    """For two signals with the same dimensions: it has to hold at the very labels that the gate judges, so that one
    task queue's backlog is not held against another one's workers."""

    @classmethod
    def above(cls, signal: Signal, threshold: str, *, same_place: bool = False) -> Condition:
        """Holds while the signal is above the threshold."""
        return cls(signal.key, Direction.ABOVE, threshold, same_place)

    @classmethod
    def below(cls, signal: Signal, threshold: str, *, same_place: bool = False) -> Condition:
        """Holds while the signal is below the threshold."""
        return cls(signal.key, Direction.BELOW, threshold, same_place)


@attrs.frozen
class Gate:
    """When a signal means something: a comparison with a named threshold, and the sentence that says so."""

    key: str = attrs.field(validator=dotted_key)
    signal: str
    level: Level = attrs.field(converter=Level)
    direction: Direction
    threshold: str
    """Name of a threshold; its value depends on the scale band."""
    says: str
    """The sentence for a person. ``{value}``, ``{threshold}`` and, for signals with dimensions, ``{where}``."""
    when: tuple[Condition, ...] = ()
    """All must hold."""
    rests_in: tuple[Mode, ...] = ()
    """Modes in which the gate is not judged: throughput floors rest while the cluster is busy with itself."""
    recovery: float | None = attrs.field(default=None, converter=attrs.converters.optional(float))
    """Critical gates only: the factor on the threshold that the value must pass before Critical is left.
    Above 1 for gates that fire below their threshold, below 1 for those that fire above."""
    relative: bool = False
    """Whether not the value is compared but how many times its own usual value it is: the median of the last calm
    cycles. Its threshold is a ratio. Unknown until there are enough of them. Never critical: that something is not
    as usual is no lost progress."""

    def __attrs_post_init__(self) -> None:
        if self.relative and self.level is Level.CRITICAL:
            raise DeclarationError(f"gate {self.key!r} compares a signal with its own past, which cannot be critical")
        if self.level is not Level.CRITICAL:
            if self.recovery is not None:
                raise DeclarationError(f"gate {self.key!r}: only critical gates have a recovery margin")
            return
        if self.recovery is None or not math.isfinite(self.recovery) or self.recovery <= 0:
            raise DeclarationError(f"gate {self.key!r} is critical and needs a recovery margin, such as 1.5 or 0.75")
        if (self.recovery < 1) == (self.direction is Direction.BELOW) or self.recovery == 1:
            raise DeclarationError(
                f"gate {self.key!r} fires {self.direction.value} its threshold; a recovery margin of {self.recovery}"
                " would let Critical end while the gate still fires"
            )

    @classmethod
    def above(
        cls,
        signal: Signal,
        *,
        level: Level,
        threshold: str,
        says: str,
        key: str | None = None,
        when: tuple[Condition, ...] = (),
        rests_in: tuple[Mode, ...] = (),
        recovery: float | None = None,
        relative: bool = False,
    ) -> Gate:
        """Fires while the signal is above the threshold. The key defaults to ``SIGNAL_LEVEL``."""
        key = key or f"{signal.key}_{level.value.replace('-', '_')}"
        if level is Level.CRITICAL and recovery is None:
            recovery = 0.75
        return cls(key, signal.key, level, Direction.ABOVE, threshold, says, when, rests_in, recovery, relative)

    @classmethod
    def below(
        cls,
        signal: Signal,
        *,
        level: Level,
        threshold: str,
        says: str,
        key: str | None = None,
        when: tuple[Condition, ...] = (),
        rests_in: tuple[Mode, ...] = (),
        recovery: float | None = None,
        relative: bool = False,
    ) -> Gate:
        """Fires while the signal is below the threshold. The key defaults to ``SIGNAL_LEVEL``."""
        key = key or f"{signal.key}_{level.value.replace('-', '_')}"
        if level is Level.CRITICAL and recovery is None:
            recovery = 1.5
        return cls(key, signal.key, level, Direction.BELOW, threshold, says, when, rests_in, recovery, relative)


@attrs.frozen
class Threshold:
    """A number behind gates, one for each scale band, in base units."""

    key: str = attrs.field(validator=dotted_key)
    unit: Unit
    starter: float = attrs.field(converter=float)
    mid_scale: float = attrs.field(converter=float)
    high_throughput: float = attrs.field(converter=float)
    source: str
    """Where the number comes from, or why it is this one."""

    def __attrs_post_init__(self) -> None:
        for band in Band:
            if not math.isfinite(self.at(band)):
                raise DeclarationError(f"threshold {self.key!r} is {self.at(band)} for band {band.value}")

    @classmethod
    def everywhere(cls, key: str, unit: Unit, value: float, *, source: str) -> Threshold:
        """A number that is the same in every band."""
        return cls(key, unit, value, value, value, source)

    def at(self, band: Band) -> float:
        """The number for one band."""
        return {Band.STARTER: self.starter, Band.MID_SCALE: self.mid_scale}.get(band, self.high_throughput)


@attrs.frozen
class ScaleRule:
    """Which signal tells how much a cluster carries, and where the bands begin."""

    signal: str
    """What a band is entered by."""
    mid_scale_from: float = attrs.field(default=50.0, converter=float)
    high_throughput_from: float = attrs.field(default=500.0, converter=float)
    hysteresis: float = attrs.field(default=0.10, converter=float)
    """A band is left only past its boundary by this share."""
    fall_cycles: int = 20
    """Happy cycles below the boundary before a band falls; it rises at once."""
    demand: str | None = None
    """Signal of what is asked for. A band does not fall while this alone would justify it."""
    per_demand: float = attrs.field(default=1.0, converter=float)
    """How much of ``signal`` a unit of ``demand`` usually causes."""


@attrs.frozen
class ThresholdProfile:
    """A named set of thresholds, and at most one rule for the scale band in all profiles together."""

    key: str
    thresholds: tuple[Threshold, ...]
    scale: ScaleRule | None = None


@attrs.frozen
class Cause:
    """A pattern of facts that means one cause. A fact is a fired gate or a finding, named by its key,
    or ``copilot.blind``: too little could be read for longer than the ruleset allows.

    The cause applies when all of ``requires``, at least one of ``any_of`` (where given) and none of ``unless``
    are facts. Of several that apply the one with the highest ``rank`` is the cause, the rest are runners-up.
    """

    key: str
    name: str
    """As it stands in a sentence: ``no workers``."""
    service: str
    """The actor that is to blame, or ``workload`` or ``telemetry``."""
    says: str
    """What it means, as one sentence."""
    rank: int
    """How specific it is. A cause that explains another one's facts ranks higher."""
    requires: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    supports: tuple[str, ...] = ()
    """Facts that add confidence but are not needed."""
    actions: tuple[Action, ...] = ()


class Side(enum.Enum):
    """On whose side an actor stands when the bottleneck is named."""

    SERVER = "server"
    WORKER = "worker"


@attrs.frozen
class Service:
    """An actor of a cluster and the facts that speak of it."""

    key: str
    name: str
    side: Side = Side.SERVER
    blocked_by: tuple[str, ...] = ()
    """Facts: while one holds, this actor makes no progress."""
    degraded_by: tuple[str, ...] = ()
    """Facts: while one holds, this actor's progress suffers."""
    pressed_by: tuple[str, ...] = ()
    """Facts: pressure without lost progress."""
    needs: tuple[str, ...] = ()
    """Signals without which nothing can be said about this actor."""
    expected_in: tuple[tuple[Mode, str, str], ...] = ()
    """Mode, signal, and why the signal looks bad in that mode though nothing is wrong."""
    optional: bool = False
    """Whether not every cluster has it: it is left out where none of the signals it needs can be seen."""


@attrs.frozen
class WorkerRule:
    """What must never be recommended, and when."""

    key: str
    when: tuple[str, ...]
    """Facts of which one suffices."""
    forbids: tuple[ActionKind, str] | None
    """Kind of action, and the direction or target in its parameters; ``None`` for a plain warning."""
    says: str
    severity: Level = Level.STRESSED


class Pressure(enum.Enum):
    """How much a finding weighs."""

    NOTICE = "notice"
    """Worth a line; changes no state."""
    PRESSURE = "pressure"
    """Sustained, it makes Happy Stressed."""


@attrs.frozen
class Finding:
    """What an amplifier evaluator found: pressure, its evidence and its remedy."""

    key: str = attrs.field(validator=dotted_key)
    pressure: Pressure
    service: str
    says: str
    evidence: tuple[tuple[str, float], ...]
    """Signal and value pairs the finding rests on; at least one."""
    remedy: str

    def __attrs_post_init__(self) -> None:
        if not self.evidence:
            raise DeclarationError(f"finding {self.key!r} names no evidence")


@attrs.frozen
class Findings:
    """What one evaluator found in one window; empty when all is well."""

    found: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)


class AmplifierEvaluator(Protocol):
    """Looks at the last readings and names pressure. Synchronous, without side effects, run in a thread."""

    @property
    def key(self) -> str:
        """Its name, as failures and listings show it."""

    @property
    def finds(self) -> Sequence[str]:
        """Keys of every finding it can make, so that causes can refer to them."""

    def evaluate(self, window: Window) -> Findings:
        """What is under pressure now."""
