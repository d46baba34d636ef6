"""How matching moves tasks between the database and pollers."""

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

TASK_BATCH = "matching.maxTaskBatchSize"


def twenty_tasks_a_transition(transitions: int) -> int:
    """Tasks in one read: twenty for each transition a second, between 500 and the server's 1,000."""
    return max(500, min(1000, 20 * transitions))


MATCHING = (
    Parameter(
        key=TASK_BATCH,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="tasks",
        default=100,
        minimum=10,
        maximum=1000,
        emitted=(Emission(DYNAMIC_CONFIG, "matching.maxTaskBatchSize"),),
        description="Tasks that matching puts into one write.",
        rationale="Every task is a row, and DSQL refuses to change more than 3,000 rows in one transaction.",
        source="The server's default.",
    ),
    Parameter(
        key="matching.getTasksBatchSize",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="tasks",
        minimum=100,
        maximum=10000,
        derivation=Derivation(
            (TRANSITIONS,),
            twenty_tasks_a_transition,
            "A busier queue is drained with fewer, larger reads; a small one needs less memory.",
        ),
        emitted=(Emission(DYNAMIC_CONFIG, "matching.getTasksBatchSize"),),
        description="Tasks that matching reads from a backlog at once.",
        rationale="Larger reads cost fewer calls and more memory for each partition.",
        source="Server default 1000.",
    ),
    Parameter(
        key="matching.longPollExpirationInterval",
        kind=ParameterClass.TUNING,
        type=ParameterType.DURATION,
        default="60s",
        minimum=1,
        maximum=300,
        emitted=(Emission(DYNAMIC_CONFIG, "matching.longPollExpirationInterval"),),
        description="How long a poll waits for a task before it returns with none.",
        rationale="A shorter wait only makes workers poll more often; a longer one outlasts the idle limits of common"
        " load balancers.",
        source="The server's default.",
    ),
)
