"""A wall clock that never jumps."""

from __future__ import annotations

import time
from collections.abc import Callable

from whenever import Instant, TimeDelta

Clock = Callable[[], Instant]


def steady_clock() -> Clock:
    """The time of day, counted on from now by a monotonic clock.

    A rate divides by the time between two scrapes; a clock that is set back in between would ruin it.
    """
    wall, monotonic = Instant.now(), time.monotonic()
    return lambda: wall + TimeDelta(seconds=time.monotonic() - monotonic)


def milliseconds(instant: Instant) -> int:
    """The instant as Prometheus stores it."""
    return instant.timestamp(unit="millisecond")
