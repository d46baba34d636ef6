"""Combinations of targets, topology and worker options that contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_hookspecs.configuration import GuardRail, Value, Verdict
from sre_copilot_hookspecs.durations import go_seconds_of
from sre_copilot_temporal.parameters.activities import SDK_NOT_EAGER, SERVER_EAGER
from sre_copilot_temporal.parameters.targets import COMPLETIONS, END_TO_END, SCHEDULE_TO_START, TRANSITIONS
from sre_copilot_temporal.parameters.topology import (
    HISTORY_REPLICAS,
    HISTORY_SHARDS,
    READ_PARTITIONS,
    WRITE_PARTITIONS,
)
from sre_copilot_temporal.parameters.workers import (
    ACTIVITY_POLLERS,
    ACTIVITY_SLOTS,
    STICKY_TIMEOUT,
    WORKFLOW_POLLERS,
    WORKFLOW_SLOTS,
)
from sre_copilot_temporal.presets import PRESETS

SERVER_PARTITIONS = 4
"""Partitions of a task queue by the server's default, which serve any load up to 200 transitions a second."""

PER_PARTITION = 50
"""State transitions a second that one partition of a single busy queue carries."""

CHEAPEST = 3
"""Transitions of the shortest workflow: it is started, its task is started, its task completes."""

SHORT = 2000
"""End-to-end milliseconds below which a workflow has too few tasks for its cache to matter."""


def useful_partitions(transitions: int) -> int:
    """Partitions that a load needs even if all of it is in one queue."""
    return max(SERVER_PARTITIONS, -(-transitions // PER_PARTITION))


def oversized(partitions: int, transitions: int) -> bool:
    """Whether more than twice the useful partitions have to be polled."""
    return partitions > 2 * useful_partitions(transitions)


def partition_figures(partitions: int, transitions: int) -> Mapping[str, Value]:  # noqa: ARG001 - as they are
    """The useful number."""
    return {"useful": useful_partitions(transitions)}


def shrunk(partitions: int, transitions: int, preset: int | None, modifier: int | None) -> bool:
    """Whether a modifier takes partitions away that the target needs."""
    if preset is None or modifier is None or modifier >= preset:
        return False
    return partitions < preset and partitions < useful_partitions(transitions)


def shrunk_figures(
    partitions: int,  # noqa: ARG001 - the guard rail's inputs are passed as they are
    transitions: int,
    preset: int | None,
    modifier: int | None,  # noqa: ARG001
) -> Mapping[str, Value]:
    """What the target needs, and what the preset had."""
    return {"useful": useful_partitions(transitions), "before": preset or 0}


def cache_without_use(modifier: str, budget: int, timeout: str) -> bool:
    """Whether caching is asked for by workflows that end before it pays."""
    return modifier == "long-running" and budget < SHORT and go_seconds_of(timeout) > 0


def nobody_reads(written: int, read: int) -> bool:
    """Whether tasks are written where nobody polls."""
    return written > read


def pollers_beyond_slots(workflow_pollers: int, workflow_slots: int, activity_pollers: int, slots: int) -> bool:
    """Whether polls fetch more than can run."""
    return workflow_pollers > workflow_slots or activity_pollers > slots


def disagree(off_in_sdk: bool, on_in_server: bool) -> bool:
    """Whether server and SDK differ about eager activities."""
    return off_in_sdk == on_in_server


def idle_instances(shards: int, replicas: int) -> bool:
    """Whether some history instance owns no shard."""
    return shards < replicas


def reshard(shards: int, before: int | None) -> bool:
    """Whether a cluster that exists would need another number of shards."""
    return before is not None and before != shards


def too_many_completions(completions: int, transitions: int) -> bool:
    """Whether the transitions do not suffice for the completions."""
    return completions * CHEAPEST > transitions


def completion_figures(completions: int, transitions: int) -> Mapping[str, Value]:  # noqa: ARG001 - as they are
    """The least that the completions need."""
    return {"needed": completions * CHEAPEST}


def outside(transitions: int, least: float, below: float | None) -> bool:
    """Whether the target is out of the preset's range; its upper end still counts as inside."""
    return transitions < least or (below is not None and transitions > below)


def range_figures(transitions: int, least: float, below: float | None) -> Mapping[str, Value]:
    """The range in words, and the preset whose range holds the target."""
    return {
        "range": f"{least:g} and more" if below is None else f"{least:g} to {below:g}",
        "better": next(
            preset.key
            for preset in PRESETS
            if transitions >= preset.throughput[0]
            and (preset.throughput[1] is None or transitions < preset.throughput[1])
        ),
    }


def inverted(wait: int, whole: int) -> bool:
    """Whether one wait may take longer than the whole workflow."""
    return wait > whole


GUARD_RAILS = (
    GuardRail(
        key="matching_partition_oversized",
        inputs=(READ_PARTITIONS, TRANSITIONS),
        violated=oversized,
        verdict=Verdict.WARNING,
        says="{matching.numTaskqueueReadPartitions} partitions are many for {target_state_transitions_per_sec}"
        " transitions a second: each has to be polled, and tasks wait in those that are not; {useful} are enough.",
        figures=partition_figures,
        source="Four partitions are the server's default; one carries about fifty transitions a second.",
    ),
    GuardRail(
        key="modifier_below_target",
        inputs=(READ_PARTITIONS, TRANSITIONS, f"preset/{READ_PARTITIONS}", f"modifier/{READ_PARTITIONS}"),
        violated=shrunk,
        verdict=Verdict.WARNING,
        says="The modifier takes the {before} partitions of the preset down to {matching.numTaskqueueReadPartitions},"
        " and {target_state_transitions_per_sec} transitions a second need {useful} if they are in one queue; set"
        " matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions yourself, or spread the load"
        " over several queues.",
        figures=shrunk_figures,
        source="One partition carries about fifty transitions a second.",
    ),
    GuardRail(
        key="sticky_minimal_benefit",
        inputs=("modifier", END_TO_END, STICKY_TIMEOUT),
        violated=cache_without_use,
        verdict=Verdict.WARNING,
        says="The long-running modifier waits {sdk.sticky_schedule_to_start_timeout} for a cached workflow, and"
        " workflows have to end within {max_e2e_workflow_latency_ms} ms; caching gains little for such short ones.",
    ),
    GuardRail(
        key="write_partitions_exceed_read",
        inputs=(WRITE_PARTITIONS, READ_PARTITIONS),
        violated=nobody_reads,
        verdict=Verdict.ERROR,
        says="{matching.numTaskqueueWritePartitions} partitions are written to and"
        " {matching.numTaskqueueReadPartitions} are read; tasks would land where nobody looks, so raise"
        " matching.numTaskqueueReadPartitions or lower matching.numTaskqueueWritePartitions.",
    ),
    GuardRail(
        key="pollers_exceed_slots",
        inputs=(WORKFLOW_POLLERS, WORKFLOW_SLOTS, ACTIVITY_POLLERS, ACTIVITY_SLOTS),
        violated=pollers_beyond_slots,
        verdict=Verdict.ERROR,
        says="{sdk.workflow_task_pollers} pollers stand for {sdk.max_concurrent_workflow_tasks} workflow-task slots and"
        " {sdk.activity_task_pollers} for {sdk.max_concurrent_activities} activity slots; a poll without a free slot"
        " is never used, so have fewer pollers than slots, 10 to 20 % of them as a rule.",
    ),
    GuardRail(
        key="eager_mismatch",
        inputs=(SDK_NOT_EAGER, SERVER_EAGER),
        violated=disagree,
        verdict=Verdict.WARNING,
        says="system.enableActivityEagerExecution is {system.enableActivityEagerExecution} and"
        " sdk.disable_eager_activities is {sdk.disable_eager_activities}; server and SDK have to agree on eager"
        " activities.",
    ),
    GuardRail(
        key="shards_below_replicas",
        inputs=(HISTORY_SHARDS, HISTORY_REPLICAS),
        violated=idle_instances,
        verdict=Verdict.ERROR,
        says="{history.shards} shards cannot be spread over {history.replicas} history instances; lower"
        " history.replicas, or give a new cluster more shards.",
    ),
    GuardRail(
        key="shards_changed",
        inputs=(HISTORY_SHARDS, f"previous/{HISTORY_SHARDS}"),
        violated=reshard,
        verdict=Verdict.ERROR,
        says="history.shards is {history.shards}, and the profile that this replaces has {previous/history.shards}; the"
        " number of shards cannot change once a cluster exists, so keep it, or compile a new cluster into another"
        " folder.",
    ),
    GuardRail(
        key="completion_exceeds_transitions",
        inputs=(COMPLETIONS, TRANSITIONS),
        violated=too_many_completions,
        verdict=Verdict.WARNING,
        says="{target_workflow_completion_rate} completed workflows a second need at least {needed} transitions, and"
        " the target is {target_state_transitions_per_sec}; raise one target or lower the other.",
        figures=completion_figures,
    ),
    GuardRail(
        key="target_outside_preset",
        inputs=(TRANSITIONS, "preset.from", "preset.below"),
        violated=outside,
        verdict=Verdict.WARNING,
        says="{target_state_transitions_per_sec} transitions a second lie outside of what this preset is made for,"
        " {range}; preset {better} fits.",
        figures=range_figures,
    ),
    GuardRail(
        key="latency_slo_inverted",
        inputs=(SCHEDULE_TO_START, END_TO_END),
        violated=inverted,
        verdict=Verdict.ERROR,
        says="max_schedule_to_start_latency_ms is {max_schedule_to_start_latency_ms} and max_e2e_workflow_latency_ms is"
        " {max_e2e_workflow_latency_ms}; one task's wait cannot be longer than the whole workflow.",
    ),
)
