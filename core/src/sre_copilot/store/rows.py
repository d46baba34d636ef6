"""What the store answers with, where it is not a document that was stored."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.summary import Oddities, PatternCount


@attrs.frozen
class KnownCluster:
    """A cluster that is, or was, observed."""

    name: str
    cycle_seconds: float
    added_at: Instant
    removed_at: Instant | None = None

    @property
    def is_watched(self) -> bool:
        """Whether it is still observed."""
        return self.removed_at is None


@attrs.frozen
class ClusterHead(KnownCluster):
    """A cluster with the ids of its newest decision and of its newest assessment, where there are any."""

    decision: str | None = None
    assessment: str | None = None


@attrs.frozen
class Stretch:
    """Consecutive decisions of one state and cause, with no gap between them."""

    begin: Instant
    state: str
    cause: str
    reason: str
    """That of the first decision."""
    cycle_seconds: float
    decision: str
    """Id of the first decision."""
    before: Instant | None
    """When the last decision before ``begin`` was made, within the span."""
    before_cycle_seconds: float | None


@attrs.frozen
class Stretches:
    """How the state of a cluster came about in a span of time, oldest first."""

    rows: tuple[Stretch, ...]
    preceding: TimelineRow | None = None
    """The last decision before the span."""
    last: TimelineRow | None = None
    """The last decision of the span."""


@attrs.frozen
class TimelineRow:
    """One decision, in short."""

    id: str
    at: Instant
    state: str
    before: str
    """The state of the decision before it."""
    cause: str
    reason: str
    visibility: float
    mode: str
    band: str
    cycle_seconds: float
    ruleset: str = ""
    """SHA-256 of the rules that decided, in hexadecimal."""

    @property
    def changed(self) -> bool:
        """Whether the state is another one than before."""
        return self.state != self.before


@attrs.frozen
class Timeline:
    """The decisions of one cluster in a span of time, oldest first."""

    rows: tuple[TimelineRow, ...]
    preceding: TimelineRow | None = None
    """The last decision before the span."""
    next: Instant | None = None
    """Where to go on, when there were more rows than were asked for."""


@attrs.frozen
class NotificationRow:
    """What became of telling one state change to one notifier."""

    cluster: str
    at: Instant
    notifier: str
    decision: str
    """Id of the decision that changed the state."""
    outcome: str
    """``told``, ``silenced`` or ``failed``."""
    detail: str = ""
    """Why it was not told."""


@attrs.frozen
class LoggedPattern:
    """One kind of line that one service wrote in one window."""

    since: Instant
    until: Instant
    """The window, half-open."""
    pattern: PatternCount
    beside: tuple[Attachment, ...] = ()
    """Gates that fired when such lines rose, in the order in which they fired."""


@attrs.frozen
class AttachedWindow:
    """A kind of line in one window, beside a gate."""

    since: Instant
    until: Instant
    """The window, half-open."""
    beside: Attachment


@attrs.frozen
class LogWindow:
    """One window of a cluster's log."""

    since: Instant
    until: Instant
    lines: int
    unmatched: int
    """Lines at warning or above that no pattern knows."""
    oddities: Oddities
    problems: tuple[str, ...]
    """Why lines are missing, as sentences."""


@attrs.frozen
class KeptReceipt:
    """A receipt as it is stored."""

    engine: str
    """Version of the engine that decided."""
    text: str
    """Canonical JSON."""
