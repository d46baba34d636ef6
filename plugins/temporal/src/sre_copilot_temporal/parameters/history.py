"""How history keeps timers, and answers queries to workflows that are busy."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import (
    DYNAMIC_CONFIG,
    Derivation,
    Emission,
    Parameter,
    ParameterClass,
    ParameterType,
)
from sre_copilot_temporal.parameters.targets import TRANSITIONS

MANY = 500
"""State transitions a second from which a cluster counts as high-throughput."""
FEW = 50
"""State transitions a second below which it counts as a starter."""


def timer_polls(transitions: int) -> int:
    """Polls of the timer queue a second, by size: 10, 20 or 40."""
    if transitions < FEW:
        return 10
    return 20 if transitions < MANY else 40


def save_progress_every(transitions: int) -> str:
    """Time between two notes of how far timers have been worked off."""
    return "15s" if transitions >= MANY else "30s"


HISTORY = (
    Parameter(
        key="history.timerProcessorMaxPollRPS",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="polls per second",
        minimum=1,
        maximum=200,
        derivation=Derivation(
            (TRANSITIONS,), timer_polls, "More work means more timers that are due; a small cluster spares the reads."
        ),
        emitted=(Emission(DYNAMIC_CONFIG, "history.timerProcessorMaxPollRPS"),),
        description="How often a second each history instance looks for timers that are due.",
        rationale="Every look is a database read: more of them keep timers punctual, fewer leave room for work.",
        source="Server default 20.",
    ),
    Parameter(
        key="history.timerProcessorUpdateAckInterval",
        kind=ParameterClass.TUNING,
        type=ParameterType.DURATION,
        minimum=1,
        maximum=600,
        derivation=Derivation(
            (TRANSITIONS,),
            save_progress_every,
            "Where many timers fire, half a minute of them is a lot to work through again after a shard moved.",
        ),
        emitted=(Emission(DYNAMIC_CONFIG, "history.timerProcessorUpdateAckInterval"),),
        description="How often a shard saves how far it has worked off its timers.",
        rationale="After a shard moved, everything since the last save is looked at again; saving costs a write.",
        source="Server default 30s.",
    ),
    Parameter(
        key="history.maxBufferedQueryCount",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="queries",
        default=1000,
        minimum=100,
        maximum=10000,
        emitted=(Emission(DYNAMIC_CONFIG, "history.MaxBufferedQueryCount"),),
        description="Queries to one workflow that wait for it while it is busy.",
        rationale="The server's default of one rejects every second query to a busy workflow; each that waits holds"
        " some memory.",
        source="Server default 1. The server compares keys without regard to case.",
    ),
)
