"""What one decision hands to the next. It fits in a few kilobytes and survives restarts."""

from __future__ import annotations

from whenever import Instant, TimeDelta

from sre_copilot.health.quick import quick_frozen
from sre_copilot_hookspecs import Band, HealthState

MISSED_CYCLES = 3
"""Cycles without a decision after which the last state no longer speaks of now."""
FORGOTTEN_AFTER = TimeDelta(hours=1)
"""A memory older than this says nothing about now: debounce and trends begin anew."""


@quick_frozen
class Lost:
    """What could be judged before, and cannot be judged now."""

    gate: str
    """Its key, or ``scale`` and a signal's key for what tells the scale band."""
    cycles: int
    """For how many cycles now."""


@quick_frozen
class Recent:
    """The newest values of the signals whose trends are told."""

    signals: tuple[str, ...] = ()
    rows: tuple[tuple[float | None, ...], ...] = ()
    """For each of the last cycles, oldest first, the value of every signal, ``None`` where it could not be read; at
    most :data:`TRACK_LENGTH`."""


@quick_frozen
class Baseline:
    """What is usual for one signal: its values in the last calm cycles, oldest first, at most
    :data:`BASELINE_LENGTH`."""

    signal: str
    values: tuple[float, ...]
    unlearned: int = 0
    """Cycles since the newest of them, because something was wrong."""


@quick_frozen
class OpenIssue:
    """A cause that is not yet over."""

    cause: str
    service: str
    since: Instant
    quiet_cycles: int = 0
    """Cycles since its evidence was last there."""
    seen: Instant | None = None
    """When its evidence was last there; ``None`` for ``since``."""
    critical: bool = False
    """Whether the cluster was Critical at any time while it was open."""


TRACK_LENGTH = 10
"""Five minutes at the standard cycle of 30 s: enough for a trend, small enough for every workflow task."""

BASELINE_LENGTH = 20
"""Ten minutes at the standard cycle: recent, and long enough that a short spike does not move the median."""


@quick_frozen
class Memory:
    """The state machine between two cycles."""

    state: HealthState = HealthState.UNKNOWN
    since: Instant | None = None
    """When the state was entered."""
    band: Band | None = None
    low_demand_cycles: int = 0
    """Consecutive calm cycles below the band's lower boundary."""
    critical_cycles: int = 0
    """Consecutive cycles with a fired critical gate; unknown cycles leave it as it is."""
    pressure_cycles: int = 0
    """Consecutive cycles with an amplifier finding of weight."""
    calm_cycles: int = 0
    """Consecutive cycles in which nothing spoke against Happy."""
    blind_cycles: int = 0
    judged: tuple[str, ...] = ()
    """Keys of the gates that could be judged in the newest cycle, or could have been if they did not rest."""
    lost: tuple[Lost, ...] = ()
    recent: Recent = Recent()
    baselines: tuple[Baseline, ...] = ()
    critical_ago: int | None = None
    """Cycles since the state was Critical, while it has not been Happy again."""
    cause: str = "none"
    """The cause of the newest decision that had one, until Happy."""
    cause_quiet: int = 0
    """Cycles since its own evidence was last there."""
    issues: tuple[OpenIssue, ...] = ()
    cycles: int = 0
    """Decisions made so far."""
