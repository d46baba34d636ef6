"""How much one worker process of yours does at once."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import (
    GO,
    PYTHON,
    Derivation,
    Emission,
    Parameter,
    ParameterClass,
    ParameterType,
)
from sre_copilot_temporal.parameters.targets import TRANSITIONS
from sre_copilot_temporal.parameters.topology import READ_PARTITIONS

ACTIVITY_SLOTS = "sdk.max_concurrent_activities"
WORKFLOW_SLOTS = "sdk.max_concurrent_workflow_tasks"
WORKFLOW_POLLERS = "sdk.workflow_task_pollers"
ACTIVITY_POLLERS = "sdk.activity_task_pollers"
LOCAL_ACTIVITY_SLOTS = "sdk.max_concurrent_local_activities"
STICKY_TIMEOUT = "sdk.sticky_schedule_to_start_timeout"


def four_slots_a_transition(transitions: int) -> int:
    """Slots: four for each transition a second, between 100 and 200."""
    return max(100, min(200, 4 * transitions))


def two_pollers_a_partition(partitions: int) -> int:
    """Pollers: two for each partition, and no more than the 64 that one process can use."""
    return min(64, 2 * partitions)


def a_poller_a_partition(partitions: int) -> int:
    """Pollers: one for each partition, between four and eight."""
    return max(4, min(8, partitions))


SLOTS = Derivation(
    (TRANSITIONS,),
    four_slots_a_transition,
    "Four slots for each transition keep a process busy through slow calls; past 200 it runs out of processor first.",
)

WORKERS = (
    Parameter(
        key=ACTIVITY_SLOTS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="slots",
        minimum=1,
        maximum=2000,
        derivation=SLOTS,
        emitted=(
            Emission(GO, "MaxConcurrentActivityExecutionSize"),
            Emission(PYTHON, "max_concurrent_activities"),
        ),
        description="Activities that one worker runs at once.",
        rationale="With too few, activities wait though the process is idle; with too many they starve each other.",
        source="Go SDK default 1000, Python SDK default 100.",
    ),
    Parameter(
        key=WORKFLOW_SLOTS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="slots",
        minimum=1,
        maximum=2000,
        derivation=SLOTS,
        emitted=(
            Emission(GO, "MaxConcurrentWorkflowTaskExecutionSize"),
            Emission(PYTHON, "max_concurrent_workflow_tasks"),
        ),
        description="Workflow tasks that one worker runs at once.",
        rationale="Workflow code never waits, so these slots turn over quickly and few are ever needed at once.",
        source="Go SDK default 1000, Python SDK default 100.",
    ),
    Parameter(
        key=LOCAL_ACTIVITY_SLOTS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="slots",
        minimum=1,
        maximum=2000,
        derivation=SLOTS,
        emitted=(
            Emission(GO, "MaxConcurrentLocalActivityExecutionSize"),
            Emission(PYTHON, "max_concurrent_local_activities"),
        ),
        description="Local activities that one worker runs at once.",
        rationale="Each holds its workflow task open, so they need a bound of their own.",
        source="Go SDK default 1000, Python SDK default 100.",
    ),
    Parameter(
        key=WORKFLOW_POLLERS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="pollers",
        minimum=1,
        maximum=64,
        derivation=Derivation(
            (READ_PARTITIONS,),
            two_pollers_a_partition,
            "Two for each partition keep every one polled while an answer is on its way.",
        ),
        emitted=(
            Emission(GO, "MaxConcurrentWorkflowTaskPollers"),
            Emission(PYTHON, "max_concurrent_workflow_task_polls"),
        ),
        description="Polls for workflow tasks that one worker keeps open.",
        rationale="A task is handed over at once only where a poll waits on its partition.",
        source="Go SDK default 2, Python SDK default 5.",
    ),
    Parameter(
        key=ACTIVITY_POLLERS,
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="pollers",
        minimum=1,
        maximum=64,
        derivation=Derivation(
            (READ_PARTITIONS,),
            a_poller_a_partition,
            "One for each partition suffices, because eager activities take part of the load past matching.",
        ),
        emitted=(
            Emission(GO, "MaxConcurrentActivityTaskPollers"),
            Emission(PYTHON, "max_concurrent_activity_task_polls"),
        ),
        description="Polls for activity tasks that one worker keeps open.",
        rationale="Open polls cost frontend memory; they pay only while there are free slots to fill.",
        source="Go SDK default 2, Python SDK default 5.",
    ),
    Parameter(
        key=STICKY_TIMEOUT,
        kind=ParameterClass.TUNING,
        type=ParameterType.DURATION,
        default="5s",
        minimum=1,
        maximum=60,
        emitted=(
            Emission(GO, "StickyScheduleToStartTimeout"),
            Emission(PYTHON, "sticky_queue_schedule_to_start_timeout"),
        ),
        description="How long a task waits for the worker that has its workflow cached before any worker may take it.",
        rationale="Waiting saves a replay of the history; when that worker is gone, the wait is pure delay.",
        source="Go SDK default 5s, Python SDK default 10s.",
    ),
    Parameter(
        key="sdk.max_cached_workflows",
        kind=ParameterClass.TUNING,
        type=ParameterType.INTEGER,
        unit="workflows",
        default=1000,
        minimum=0,
        maximum=100000,
        emitted=(Emission(GO, "worker.SetStickyWorkflowCacheSize"), Emission(PYTHON, "max_cached_workflows")),
        description="Workflows that one worker keeps in memory between their tasks.",
        rationale="What is not cached is replayed from its whole history at every task. This, and not the number of"
        " slots, is what the cache costs.",
        source="Python SDK default 1000; the Go SDK shares one cache of 10000 in a process.",
    ),
)
