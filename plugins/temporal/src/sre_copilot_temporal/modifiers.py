"""Four kinds of workload, each with what it changes in any preset. They touch topology and tuning only."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import Modifier
from sre_copilot_temporal.parameters.activities import SDK_NOT_EAGER, SERVER_EAGER
from sre_copilot_temporal.parameters.topology import READ_PARTITIONS, WRITE_PARTITIONS
from sre_copilot_temporal.parameters.workers import (
    ACTIVITY_POLLERS,
    ACTIVITY_SLOTS,
    LOCAL_ACTIVITY_SLOTS,
    STICKY_TIMEOUT,
    WORKFLOW_POLLERS,
    WORKFLOW_SLOTS,
)

SIMPLE_CRUD = Modifier(
    key="simple-crud",
    description="Short workflows of one or two activities, where latency comes first.",
    values=(
        (SERVER_EAGER, True),
        (SDK_NOT_EAGER, False),
        (READ_PARTITIONS, 4),
        (WRITE_PARTITIONS, 4),
        (ACTIVITY_SLOTS, 100),
        (WORKFLOW_SLOTS, 100),
    ),
    reasons=(
        (SERVER_EAGER, "An activity that needs no way through matching is most of what a short workflow can save."),
        (SDK_NOT_EAGER, "The workers have to ask for eager activities too."),
        (READ_PARTITIONS, "Few partitions mean that a waiting poll is almost always found at once."),
        (WRITE_PARTITIONS, "As many as are read."),
        (ACTIVITY_SLOTS, "Short activities free their slots quickly."),
        (WORKFLOW_SLOTS, "Short workflows free their slots quickly."),
    ),
)

ORCHESTRATOR = Modifier(
    key="orchestrator",
    description="Workflows that drive children and many kinds of activities.",
    values=(
        (READ_PARTITIONS, 8),
        (WRITE_PARTITIONS, 8),
        (WORKFLOW_SLOTS, 150),
        (ACTIVITY_SLOTS, 150),
        (WORKFLOW_POLLERS, 16),
        (ACTIVITY_POLLERS, 8),
    ),
    reasons=(
        (READ_PARTITIONS, "Children start in bursts, which spread over more partitions."),
        (WRITE_PARTITIONS, "As many as are read."),
        (WORKFLOW_SLOTS, "Every child that ends wakes its parent."),
        (ACTIVITY_SLOTS, "The work is in the children; a worker needs fewer slots of its own."),
        (WORKFLOW_POLLERS, "Two for each partition."),
        (ACTIVITY_POLLERS, "One for each partition."),
    ),
)

BATCH_PROCESSOR = Modifier(
    key="batch-processor",
    description="Many parallel activities in each workflow.",
    values=(
        (READ_PARTITIONS, 16),
        (WRITE_PARTITIONS, 16),
        (ACTIVITY_SLOTS, 500),
        (LOCAL_ACTIVITY_SLOTS, 500),
        (ACTIVITY_POLLERS, 16),
        (WORKFLOW_POLLERS, 16),
    ),
    reasons=(
        (READ_PARTITIONS, "A workflow that schedules hundreds of activities at once fills one queue."),
        (WRITE_PARTITIONS, "As many as are read."),
        (ACTIVITY_SLOTS, "Batch activities mostly wait for something else, so a process holds many."),
        (LOCAL_ACTIVITY_SLOTS, "The same for the short ones that run beside their workflow."),
        (ACTIVITY_POLLERS, "One for each partition, or the fan-out waits to be fetched."),
        (WORKFLOW_POLLERS, "Few workflow tasks stand against many activities; one for each partition."),
    ),
)

LONG_RUNNING = Modifier(
    key="long-running",
    description="Workflows that last minutes to hours, where caching comes first.",
    values=(
        (STICKY_TIMEOUT, "10s"),
        (READ_PARTITIONS, 4),
        (WRITE_PARTITIONS, 4),
        (WORKFLOW_POLLERS, 8),
        (ACTIVITY_POLLERS, 4),
    ),
    reasons=(
        (STICKY_TIMEOUT, "A long history is costly to replay, so waiting for its cache pays."),
        (READ_PARTITIONS, "Many workflows that mostly sleep make few tasks."),
        (WRITE_PARTITIONS, "As many as are read."),
        (WORKFLOW_POLLERS, "Two for each partition."),
        (ACTIVITY_POLLERS, "One for each partition."),
    ),
)

MODIFIERS = (SIMPLE_CRUD, ORCHESTRATOR, BATCH_PROCESSOR, LONG_RUNNING)
