"""When a signal means that forward progress is lost, suffers, or is as it should be."""

from __future__ import annotations

from sre_copilot_hookspecs import Condition, Gate, Level, Mode
from sre_copilot_temporal.signals import (
    canary,
    demand,
    frontend,
    history,
    matching,
    persistence,
    pollers,
    runtime,
    sticky,
    workers,
    workflows,
)

_TASKS = (Condition.above(demand.TASKS_ADDED, "demand.some_tasks"),)
_WORKFLOW_TASKS = (Condition.above(demand.WORKFLOW_TASKS_ADDED, "demand.some_tasks"),)
_STARTS = (Condition.above(demand.START_REQUESTS, "demand.some_starts"),)
_REQUESTS = (Condition.above(frontend.REQUESTS, "demand.some_requests"),)
_CLOSES = (Condition.above(workflows.CLOSES, "demand.some_closes"),)
_LOAD = (Condition.above(demand.TASKS_ADDED, "demand.floor_tasks"),)
_BACKLOG = (Condition.above(matching.BACKLOG, "demand.any_backlog", same_place=True),)
_FAILING = (Condition.above(persistence.ERRORS, "persistence.some_errors"),)
_SEVERAL = (Condition.above(sticky.STICKY_EVICTIONS, "workers.some_evictions"),)
_NOTICEABLE = (
    Condition.above(persistence.LATENCY_P99, "persistence.latency_noticeable"),
    Condition.above(persistence.LATENCY_P95, "persistence.latency_p95_noticeable"),
)
_NOT_TAKEN = (*_TASKS, Condition.below(matching.DISPATCH_RATIO, "matching.dispatch_ratio_stressed"))
_HOUSEKEEPING = (Mode.SYSTEM_BUSY,)

PROGRESS = (
    Gate.below(
        matching.DISPATCH_RATIO,
        level=Level.CRITICAL,
        threshold="matching.dispatch_ratio_critical",
        when=_TASKS,
        says="Workers take only {value} of the work added to {where}, under {threshold}.",
    ),
    Gate.below(
        matching.DISPATCH_RATIO,
        level=Level.STRESSED,
        threshold="matching.dispatch_ratio_stressed",
        when=_TASKS,
        says="Workers take only {value} of the work added to {where}, under {threshold}.",
    ),
    Gate.below(
        history.COMPLETION_RATIO,
        level=Level.CRITICAL,
        threshold="history.completion_ratio_critical",
        when=_WORKFLOW_TASKS,
        says="Only {value} of the workflow tasks that are added get completed, under {threshold}.",
    ),
    Gate.below(
        history.COMPLETION_RATIO,
        level=Level.STRESSED,
        threshold="history.completion_ratio_stressed",
        when=_WORKFLOW_TASKS,
        says="Only {value} of the workflow tasks that are added get completed, under {threshold}.",
    ),
    Gate.above(
        matching.BACKLOG_GROWTH,
        level=Level.STRESSED,
        threshold="matching.backlog_growth_stressed",
        says="Waiting work in {where} grows by {value}, over {threshold}.",
    ),
    Gate.above(
        matching.BACKLOG_AGE,
        level=Level.CRITICAL,
        threshold="matching.backlog_age_critical",
        says="The oldest task in {where} has waited {value}, over {threshold}.",
    ),
    Gate.above(
        matching.BACKLOG_AGE,
        level=Level.STRESSED,
        threshold="matching.backlog_age_stressed",
        says="The oldest task in {where} has waited {value}, over {threshold}.",
    ),
    Gate.below(
        matching.BACKLOG_AGE,
        level=Level.HEALTHY,
        threshold="matching.backlog_age_healthy",
        says="The oldest task has waited {value}, under {threshold}.",
    ),
)

SERVED = (
    Gate.below(
        frontend.REACHABLE,
        level=Level.CRITICAL,
        threshold="frontend.reachable_least",
        says="The frontend does not answer.",
    ),
    Gate.below(
        canary.CANARY_SUCCESS,
        level=Level.CRITICAL,
        threshold="canary.success_least",
        says="A workflow that does nothing does not get from its start to its end.",
    ),
    Gate.above(
        frontend.ERROR_SHARE,
        level=Level.CRITICAL,
        threshold="frontend.error_share_critical",
        when=_REQUESTS,
        says="{value} of the requests fail through the server's fault, over {threshold}.",
    ),
    Gate.above(
        frontend.ERROR_SHARE,
        level=Level.STRESSED,
        threshold="frontend.error_share_stressed",
        when=_REQUESTS,
        says="{value} of the requests fail through the server's fault, over {threshold}.",
    ),
    Gate.below(
        frontend.START_ACCEPTANCE,
        level=Level.CRITICAL,
        threshold="frontend.start_acceptance_critical",
        when=_STARTS,
        says="Only {value} of the requested workflows are accepted, under {threshold}.",
    ),
    Gate.below(
        frontend.START_ACCEPTANCE,
        level=Level.STRESSED,
        threshold="frontend.start_acceptance_stressed",
        when=_STARTS,
        says="Only {value} of the requested workflows are accepted, under {threshold}.",
    ),
    Gate.above(
        frontend.LATENCY_P99,
        level=Level.STRESSED,
        threshold="frontend.latency_p99_stressed",
        when=_REQUESTS,
        says="Clients wait {value} for an answer at the 99th percentile, over {threshold}.",
    ),
    Gate.above(
        frontend.RESOURCE_EXHAUSTED,
        level=Level.EVIDENCE,
        threshold="frontend.throttled",
        key="frontend.throttling",
        says="A rate limit turns away {value} requests, over {threshold}.",
    ),
    Gate.below(
        runtime.UP_SHARE,
        level=Level.STRESSED,
        threshold="server.all_up",
        when=(Condition.above(runtime.UP_SHARE, "server.none_up"),),
        says="Only {value} of the server's processes answer.",
    ),
)

ENGINE = (
    Gate.above(
        history.BACKLOG_AGE,
        level=Level.CRITICAL,
        threshold="history.backlog_age_critical",
        says="The engine's own tasks wait {value}, over {threshold}.",
    ),
    Gate.above(
        history.BACKLOG_AGE,
        level=Level.STRESSED,
        threshold="history.backlog_age_stressed",
        says="The engine's own tasks wait {value}, over {threshold}.",
    ),
    Gate.below(
        history.STATE_TRANSITIONS,
        level=Level.CRITICAL,
        threshold="history.state_transitions_critical",
        when=_LOAD,
        rests_in=_HOUSEKEEPING,
        says="Work is added, yet only {value} state transitions are stored, under {threshold}.",
    ),
    Gate.below(
        history.TASK_RATE,
        level=Level.CRITICAL,
        threshold="history.task_rate_critical",
        when=_LOAD,
        rests_in=_HOUSEKEEPING,
        says="Work is added, yet the engine processes only {value} tasks, under {threshold}.",
    ),
    Gate.above(
        history.TASK_ERROR_SHARE,
        level=Level.EVIDENCE,
        threshold="history.task_error_share_high",
        key="history.tasks_fail",
        says="{value} of the engine's tasks fail, over {threshold}.",
    ),
    Gate.above(
        history.SHARD_CHURN,
        level=Level.STRESSED,
        threshold="history.shard_churn_stressed",
        says="Shards change hands {value}, over {threshold}.",
    ),
    Gate.above(
        history.TRANSITION_LATENCY_P99,
        level=Level.STRESSED,
        threshold="history.transition_latency_p99_stressed",
        when=_TASKS,
        says="The calls that move workflows on take {value} at the 99th percentile, over {threshold}.",
    ),
    Gate.above(
        persistence.WRITE_ERROR_SHARE,
        level=Level.CRITICAL,
        threshold="persistence.error_share_critical",
        when=_FAILING,
        says="{value} of the database writes fail, over {threshold}.",
    ),
    Gate.above(
        persistence.WRITE_ERROR_SHARE,
        level=Level.STRESSED,
        threshold="persistence.error_share_stressed",
        when=_FAILING,
        says="{value} of the database writes fail, over {threshold}.",
    ),
    Gate.above(
        # Not the 99th percentile: one burst on a crowded host makes it many times the usual, and it stays in the
        # window for minutes. A slow database is slow for more than one operation in a hundred.
        persistence.LATENCY_P95,
        level=Level.STRESSED,
        threshold="persistence.latency_rise_stressed",
        key="persistence.latency_rise_stressed",
        when=_NOTICEABLE,
        relative=True,
        says="Database operations take {value} as long as they usually do at the 95th percentile, over {threshold}.",
    ),
    Gate.above(
        persistence.ERROR_SHARE,
        level=Level.CRITICAL,
        threshold="persistence.error_share_critical",
        says="{value} of the database operations fail, over {threshold}.",
    ),
    Gate.above(
        persistence.ERROR_SHARE,
        level=Level.STRESSED,
        threshold="persistence.error_share_stressed",
        says="{value} of the database operations fail, over {threshold}.",
    ),
    Gate.above(
        persistence.LATENCY_P99,
        level=Level.STRESSED,
        threshold="persistence.latency_p99_stressed",
        says="Database operations take {value} at the 99th percentile, over {threshold}.",
    ),
)

WORKLOAD = (
    Gate.below(
        workflows.SUCCESS_SHARE,
        level=Level.CRITICAL,
        threshold="workflows.success_share_critical",
        when=_CLOSES,
        says="Only {value} of the workflows that end succeed, under {threshold}.",
    ),
    Gate.below(
        workflows.SUCCESS_SHARE,
        level=Level.STRESSED,
        threshold="workflows.success_share_stressed",
        when=_CLOSES,
        says="Only {value} of the workflows that end succeed, under {threshold}.",
    ),
    Gate.above(
        workflows.SUCCESS_SHARE,
        level=Level.HEALTHY,
        threshold="workflows.success_share_healthy",
        when=_CLOSES,
        says="{value} of the workflows that end succeed, over {threshold}.",
    ),
    Gate.above(
        workflows.TASK_FAILURE_SHARE,
        level=Level.EVIDENCE,
        threshold="workflows.task_failure_share_high",
        key="workflows.tasks_fail",
        when=_WORKFLOW_TASKS,
        says="{value} of the workflow tasks fail in code, over {threshold}.",
    ),
    Gate.below(
        workers.UP,
        level=Level.EVIDENCE,
        threshold="workers.none",
        key="workers.none_up",
        when=_NOT_TAKEN,
        says="No worker endpoint answers.",
    ),
    Gate.below(
        workers.POLLERS,
        level=Level.EVIDENCE,
        threshold="workers.none",
        key="workers.no_pollers",
        when=_BACKLOG,
        says="Nobody has polled {where} lately.",
    ),
    Gate.below(
        matching.DISPATCH_RATIO,
        level=Level.EVIDENCE,
        threshold="matching.nobody_polls",
        key="workers.nobody_polls",
        when=_TASKS,
        says="No work at all is taken from {where}.",
    ),
    Gate.below(
        workers.SLOTS_AVAILABLE,
        level=Level.EVIDENCE,
        threshold="workers.none",
        key="workers.slots_exhausted",
        says="Every task slot is busy on {where}.",
    ),
    Gate.below(
        sticky.STICKY_HIT_RATIO,
        level=Level.EVIDENCE,
        threshold="workers.sticky_hits_least",
        key="workers.sticky_misses",
        when=_SEVERAL,
        says="Only {value} of the workflow tasks find their workflow in a worker's memory.",
    ),
    Gate.above(
        workflows.RUNNING,
        level=Level.EVIDENCE,
        threshold="workflows.many_running",
        key="workflows.run_for_long",
        says="{value} workflows are open.",
    ),
    Gate.above(
        pollers.WORKFLOW_POLLERS_PER_SLOT,
        level=Level.EVIDENCE,
        threshold="workers.pollers_per_slot_most",
        key="workers.workflow_pollers_beyond_slots",
        says="Workers run {value} workflow pollers for each slot.",
    ),
    Gate.above(
        pollers.ACTIVITY_POLLERS_PER_SLOT,
        level=Level.EVIDENCE,
        threshold="workers.pollers_per_slot_most",
        key="workers.activity_pollers_beyond_slots",
        says="Workers run {value} activity pollers for each slot.",
    ),
)

RISEN = (
    Gate.above(
        demand.WORKFLOW_STARTS,
        level=Level.EVIDENCE,
        threshold="demand.risen",
        key="demand.starts_risen",
        relative=True,
        says="{value} as many workflows are started as usual.",
    ),
    Gate.above(
        demand.TASKS_ADDED,
        level=Level.EVIDENCE,
        threshold="demand.risen",
        key="demand.tasks_risen",
        relative=True,
        says="{value} as much work is added as usual.",
    ),
)

MODES = (
    Gate.below(
        demand.TASKS_ADDED,
        level=Level.IDLE,
        threshold="demand.idle_tasks",
        says="{value} tasks are added.",
    ),
    Gate.below(
        demand.START_REQUESTS,
        level=Level.IDLE,
        threshold="demand.idle_starts",
        says="{value} workflows are asked for.",
    ),
    Gate.below(
        demand.SIGNALS_SENT,
        level=Level.IDLE,
        threshold="demand.idle_signals",
        says="{value} signals are sent.",
    ),
    Gate.below(
        matching.TASKS_DISPATCHED,
        level=Level.IDLE,
        threshold="demand.idle_dispatched",
        says="{value} tasks are taken.",
    ),
    Gate.below(
        matching.BACKLOG,
        level=Level.IDLE,
        threshold="demand.idle_backlog",
        says="{value} tasks wait.",
    ),
    Gate.above(
        frontend.REACHABLE,
        level=Level.IDLE,
        threshold="frontend.reachable_least",
        says="The frontend answers.",
    ),
    Gate.above(
        history.DELETION_RATE,
        level=Level.SYSTEM_BUSY,
        threshold="history.busy_deleting",
        when=(Condition.below(history.STATE_TRANSITIONS, "history.quiet_transitions"),),
        says="{value} workflows are being deleted.",
    ),
    Gate.above(
        history.CLEANUP_RATE,
        level=Level.SYSTEM_BUSY,
        threshold="history.busy_cleaning",
        when=(Condition.below(history.STATE_TRANSITIONS, "history.quiet_transitions"),),
        says="{value} closed workflows are being removed.",
    ),
    Gate.above(
        matching.DRAIN,
        level=Level.RECOVERING,
        threshold="matching.draining",
        says="Workers take {value} more than is added.",
    ),
    Gate.above(
        matching.BACKLOG,
        level=Level.RECOVERING,
        threshold="demand.some_backlog",
        says="{value} tasks still wait.",
    ),
)

GATES: tuple[Gate, ...] = (*PROGRESS, *SERVED, *ENGINE, *WORKLOAD, *RISEN, *MODES)
