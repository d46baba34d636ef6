"""What goes into and comes out of the workflow and its activities: one value each."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from whenever import Instant

from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.parcels import Parcel

TASK_QUEUE = "sre-copilot"
CYCLES_PER_RUN = 500
"""Seven events each keep a run's history a good deal below the 51,200 at which a server ends it."""


@attrs.frozen
class ObserveInput:
    """Everything a run of ``ObserveClusterWorkflow`` starts with, and what it hands to the next one."""

    cluster: str
    cycle: float
    """Seconds between two observations."""
    ruleset: Ruleset
    memory: Memory = attrs.field(factory=Memory)
    queue: tuple[Parcel, ...] = ()
    """Decisions that could not be recorded yet, oldest first."""
    dropped: int = 0
    """Decisions that could never be recorded, since the workflow was first started."""
    earlier: tuple[Ruleset, ...] = ()
    """Former rulesets that queued decisions were made with."""
    anchor: Instant | None = None
    """When the newest cycle was due; ``None`` to begin now."""
    cycles_per_run: int = CYCLES_PER_RUN


@attrs.frozen
class ObserveOrder:
    """Read this cluster."""

    cluster: str
    at: Instant
    signals: tuple[str, ...]
    """Keys of every signal of the ruleset: what is missing if nothing can be read."""
    deadline: float
    """Seconds."""
    limits: Mapping[str, float] = attrs.field(factory=dict)
    """What evaluators compare with, by threshold key."""


@attrs.frozen
class RecordOrder:
    """Store this decision, and those that wait."""

    receipt: Receipt
    queue: tuple[Parcel, ...]
    ruleset: Ruleset
    earlier: tuple[Ruleset, ...]
    cycle: float
    deadline: float
    """Seconds."""
    dropped: int = 0


@attrs.frozen
class RecordOutcome:
    """What a cycle leaves in history. The next one goes on from it, whatever the rules would say by then."""

    memory: Memory
    settled: int = 0
    """How many from the front of the queue need no further attempt."""
    unrecorded: Parcel | None = None
    """The decision, where it could not be stored."""
    rejected: int = 0
    """How many of those that are settled can never be stored."""


@attrs.frozen
class ObserverStatus:
    """How one cluster's workflow is doing."""

    cluster: str
    cycle: float
    memory: Memory
    ruleset: str
    """SHA-256 of the ruleset that decides, in hexadecimal."""
    pending: str | None
    """That of the ruleset which will decide from the next cycle on, if another one was handed over."""
    queued: int
    dropped: int
