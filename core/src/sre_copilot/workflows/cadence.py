"""The rhythm of one cluster's cycles: when the next one is due, and how long each of its parts may take."""

from __future__ import annotations

from whenever import Instant, TimeDelta

NANOSECONDS = 1_000_000_000
FIRST = 1.0
"""Seconds from the start to the first cycle: time to answer who started the workflow."""
LONGEST_OBSERVATION = 7.5
"""Seconds after which a reading no longer speaks of now, however long the cycle is."""
LONGEST_RECORDING = 4.0
"""Seconds. The store itself gives up after about three."""
SPARE = 2.0
"""Seconds an activity may take beyond its own deadline before Temporal gives up on it: late is better
than lost."""


def next_due(anchor: Instant, cycle: float, after: Instant) -> Instant:
    """When the first cycle later than ``after`` is due; cycles that were missed are skipped.

    :param anchor: when any cycle was due. Distances from it are whole cycles, so lateness never adds up.
    :param cycle: seconds.
    """
    period = round(cycle * NANOSECONDS)
    passed = after.timestamp(unit="nanosecond") - anchor.timestamp(unit="nanosecond")
    return anchor + TimeDelta(nanoseconds=(passed // period + 1) * period)


def observation_deadline(cycle: float) -> float:
    """Seconds in which the signals are read: under 8 and under 0.6 of the cycle."""
    return min(LONGEST_OBSERVATION, 0.55 * cycle)


def recording_deadline(cycle: float) -> float:
    """Seconds in which decisions are stored; with the observation it fits into one cycle.

    While the store is down every cycle takes this long; a workflow task is extended, by three more events, only
    when it takes 0.8 of its timeout.
    """
    return min(LONGEST_RECORDING, 0.25 * cycle)


def reading_deadline(cycle: float) -> float:
    """Seconds in which a window of the log is read and stored."""
    return min(LONGEST_OBSERVATION, 0.7 * cycle)


def task_timeout(cycle: float) -> float:
    """Seconds after which a workflow task of a lost worker is given to another one.

    Observing longer than this is no failure: the worker extends its task. At a cycle of 5 s a worker that is
    killed in mid-cycle and started again leaves no gap of more than two cycles.
    """
    return max(2.0, min(10.0, 0.4 * cycle))


def sticky_timeout(shortest_cycle: float) -> float:
    """Seconds a workflow task waits for the worker that had the last one: at most a fifth of the cycle."""
    return min(5.0, 0.2 * shortest_cycle)
