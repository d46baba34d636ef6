"""How old an answer is, and what may still be said when it is too old. The one thing a reader derives."""

from __future__ import annotations

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.memory import MISSED_CYCLES
from sre_copilot_hookspecs import HealthState

UNKNOWN = HealthState.UNKNOWN.value


@attrs.frozen
class Freshness:
    """What a status is worth now."""

    health_state: str
    last_known_state: str | None
    """The state that was decided last, where the state is unknown for lack of observations."""
    since: Instant | None
    """When ``health_state`` began; ``None`` where nothing was ever observed."""
    age_seconds: float | None
    stale: bool


def freshness(status: StatusDocument | None, now: Instant) -> Freshness:
    """What a status is worth at ``now``: unknown, once more than three cycles have been missed."""
    if status is None:
        return Freshness(UNKNOWN, None, None, None, stale=True)
    # The clock of whoever observed may be ahead of ours; an answer from the future is as old as none.
    age = max(0.0, round((now - status.observed_at).total("seconds"), 3))
    if age <= MISSED_CYCLES * status.cycle_seconds:
        return Freshness(status.health_state, None, status.since, age, stale=False)
    return Freshness(
        UNKNOWN, status.health_state, silent_from(status.observed_at, status.cycle_seconds), age, stale=True
    )


def silent_from(observed_at: Instant, cycle_seconds: float) -> Instant:
    """The instant at which an observation without a successor stops counting."""
    return observed_at + TimeDelta(seconds=MISSED_CYCLES * cycle_seconds)


def in_words(seconds: float) -> str:
    """A span of time as a person says it, such as ``4 min``."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
