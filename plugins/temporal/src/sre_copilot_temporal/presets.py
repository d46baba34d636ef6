"""Three sizes of a cluster. Their bounds are those of the scale bands that health is judged by."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import Preset, Value
from sre_copilot_temporal.parameters.targets import COMPLETIONS, END_TO_END, SCHEDULE_TO_START, TRANSITIONS
from sre_copilot_temporal.parameters.topology import (
    FRONTEND_REPLICAS,
    HISTORY_REPLICAS,
    HISTORY_SHARDS,
    MATCHING_REPLICAS,
    READ_PARTITIONS,
    WORKER_COUNT,
    WORKER_REPLICAS,
)


def _values(
    targets: tuple[int, int, int, int], topology: tuple[int, int, int, int, int, int, int]
) -> tuple[tuple[str, Value], ...]:
    """Every surfaced value of a preset, in the order of the parameters."""
    return (
        *zip((TRANSITIONS, COMPLETIONS, SCHEDULE_TO_START, END_TO_END), targets, strict=True),
        *zip(
            (
                HISTORY_SHARDS,
                HISTORY_REPLICAS,
                MATCHING_REPLICAS,
                FRONTEND_REPLICAS,
                WORKER_REPLICAS,
                READ_PARTITIONS,
                WORKER_COUNT,
            ),
            topology,
            strict=True,
        ),
    )


STARTER = Preset(
    key="starter",
    description="Development, tests and light production.",
    throughput=(0, 50),
    values=_values((25, 3, 500, 1000), (512, 2, 2, 2, 1, 4, 2)),
    reasons=(
        (TRANSITIONS, "Half of what the size is meant for, so that there is room to grow."),
        (COMPLETIONS, "About a tenth of the transitions, which ordinary workflows cost."),
        (SCHEDULE_TO_START, "Nobody waits on a cluster of this size, and few pollers are enough for half a second."),
        (END_TO_END, "A second allows for cold caches and for instances that share a host."),
        (HISTORY_SHARDS, "Far more than two instances need, because the number can never change."),
        (HISTORY_REPLICAS, "Two, so that one may fail."),
        (MATCHING_REPLICAS, "Two, so that one may fail."),
        (FRONTEND_REPLICAS, "Two, so that one may fail."),
        (WORKER_REPLICAS, "Housekeeping may wait for a restart here."),
        (READ_PARTITIONS, "The server's default carries far more than this."),
        (WORKER_COUNT, "Two, so that one may be deployed while the other works."),
    ),
)

MID_SCALE = Preset(
    key="mid-scale",
    description="Ordinary production load.",
    throughput=(50, 500),
    values=_values((150, 15, 200, 500), (512, 6, 4, 3, 2, 8, 8)),
    reasons=(
        (TRANSITIONS, "What an ordinary production cluster sustains, with its peaks well inside the size."),
        (COMPLETIONS, "A tenth of the transitions, which ordinary workflows cost."),
        (SCHEDULE_TO_START, "People notice a fifth of a second when several tasks follow each other."),
        (END_TO_END, "Half a second for a workflow of a few quick steps."),
        (HISTORY_SHARDS, "85 shards for each of six history instances, and room for ten times as many."),
        (HISTORY_REPLICAS, "Each carries 25 transitions a second, and five carry the load while one restarts."),
        (MATCHING_REPLICAS, "Two partitions of every busy queue for each."),
        (FRONTEND_REPLICAS, "Three keep the polls of all workers open while one restarts."),
        (WORKER_REPLICAS, "Retention and schedules go on while one restarts."),
        (READ_PARTITIONS, "Twice the server's default, so that one busy queue uses every matching instance."),
        (WORKER_COUNT, "Eight processes give every partition pollers from several hosts."),
    ),
)

HIGH_THROUGHPUT = Preset(
    key="high-throughput",
    description="Heavy production load with every connection safeguard on.",
    throughput=(500, None),
    values=_values((1000, 100, 100, 300), (4096, 8, 6, 4, 2, 16, 16)),
    reasons=(
        (TRANSITIONS, "Twice the lower end of the size, where peaks live."),
        (COMPLETIONS, "A tenth of the transitions, which ordinary workflows cost."),
        (SCHEDULE_TO_START, "At this rate a longer wait is already a backlog."),
        (END_TO_END, "Leaves three waits of the longest kind within a workflow."),
        (HISTORY_SHARDS, "512 for each of eight instances, so that shards are not what progress waits for."),
        (HISTORY_REPLICAS, "Each carries 125 transitions a second."),
        (MATCHING_REPLICAS, "Between two and three partitions of every busy queue for each."),
        (FRONTEND_REPLICAS, "Four hold the polls of sixteen workers while one restarts."),
        (WORKER_REPLICAS, "Retention and schedules go on while one restarts; more would only cost connections."),
        (READ_PARTITIONS, "One queue may carry most of the load; sixteen spread it over all matching instances."),
        (WORKER_COUNT, "Sixteen processes of 200 slots each, and a deployment takes two at a time."),
    ),
)

PRESETS = (STARTER, MID_SCALE, HIGH_THROUGHPUT)
