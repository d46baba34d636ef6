"""What goes into and comes out of the workflow that reads logs, and its activity: one value each."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.workflows.messages import CYCLES_PER_RUN


@attrs.frozen
class Cursor:
    """How far one source was read."""

    source: str
    position: str
    """As the source gave it; understood by it alone."""


@attrs.frozen
class Episode:
    """Lines of one kind that are worth an assessment, from the first window with them to the last."""

    pattern: str
    service: str
    quiet_windows: int = 0
    """Windows since the last one with such lines."""


@attrs.frozen
class LogState:
    """How far a cluster's log was read, and what is remembered of it."""

    since: Instant
    """Where the next window begins."""
    cursors: tuple[Cursor, ...] = ()
    memory: MinerMemory = attrs.field(factory=MinerMemory)
    episodes: tuple[Episode, ...] = ()


@attrs.frozen
class WatchLogsInput:
    """Everything a run of ``LogWatcherWorkflow`` starts with, and what it hands to the next one."""

    cluster: str
    cycle: float
    """Seconds between two readings."""
    state: LogState | None = None
    """``None`` to begin now."""
    anchor: Instant | None = None
    """When the newest reading was due; ``None`` to begin now."""
    cycles_per_run: int = CYCLES_PER_RUN


@attrs.frozen
class ReadLogsOrder:
    """Read this cluster's log."""

    cluster: str
    until: Instant
    """Not included."""
    state: LogState
    deadline: float
    """Seconds."""


@attrs.frozen
class ReadLogsOutcome:
    """What a reading leaves in history."""

    state: LogState
    """What the next reading goes on from; the old one where this reading could not be stored."""
    stored: bool


@attrs.frozen
class LogWatcherStatus:
    """How one cluster's log watcher is doing."""

    cluster: str
    cycle: float
    state: LogState
