"""Eager activities: the one switch that server and SDK must agree on."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import (
    DYNAMIC_CONFIG,
    GO,
    PYTHON,
    Derivation,
    Emission,
    Parameter,
    ParameterClass,
    ParameterType,
)

SERVER_EAGER = "system.enableActivityEagerExecution"
SDK_NOT_EAGER = "sdk.disable_eager_activities"


def unless_the_server_allows(eager: bool) -> bool:
    """Whether the SDK leaves eager activities out."""
    return not eager


ACTIVITIES = (
    Parameter(
        key=SERVER_EAGER,
        kind=ParameterClass.TUNING,
        type=ParameterType.BOOLEAN,
        default=True,
        emitted=(Emission(DYNAMIC_CONFIG, "system.enableActivityEagerExecution"),),
        description="Whether the server hands an activity straight to the worker that scheduled it.",
        rationale="It saves the way through matching, and with it a database write and a poll, where that worker has a"
        " free slot.",
        source="Documented by Temporal as eager activity execution.",
    ),
    Parameter(
        key=SDK_NOT_EAGER,
        kind=ParameterClass.TUNING,
        type=ParameterType.BOOLEAN,
        derivation=Derivation(
            (SERVER_EAGER,),
            unless_the_server_allows,
            "It mirrors the server's switch; asking a server that refuses is wasted.",
        ),
        emitted=(Emission(GO, "DisableEagerActivities"), Emission(PYTHON, "disable_eager_activity_execution")),
        description="Whether workers never ask for eager activities.",
        rationale="Workers that share a queue with a rate limit turn it off: an eager activity bypasses that limit.",
        source="Both SDKs leave it off.",
    ),
)
