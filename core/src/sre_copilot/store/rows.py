"""What the store answers with, where it is not a document that was stored."""

from __future__ import annotations

import attrs
from whenever import Instant


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
class KeptReceipt:
    """A receipt as it is stored."""

    engine: str
    """Version of the engine that decided."""
    text: str
    """Canonical JSON."""
