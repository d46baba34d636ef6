"""The actors of a Temporal cluster, and what must never be recommended about workers."""

from __future__ import annotations

from sre_copilot_hookspecs import ActionKind, Level, Mode, Service, Side, WorkerRule

_EMPTY_POLLS = "Polls wait for a minute while there is no work; that is how they are meant to be."

SERVICES: tuple[Service, ...] = (
    Service(
        "frontend",
        "Frontend",
        blocked_by=(
            "frontend.reachable_critical",
            "frontend.error_share_critical",
            "frontend.start_acceptance_critical",
        ),
        degraded_by=(
            "frontend.error_share_stressed",
            "frontend.start_acceptance_stressed",
            "frontend.throttling",
            "server.up_share_stressed",
        ),
        pressed_by=(
            "frontend.latency_p99_stressed",
            "temporal.runtime_pauses",
            "temporal.goroutines_multiply",
            "temporal.host_is_starved",
            "temporal.requests_are_turned_away",
            "temporal.services_restarted",
        ),
        needs=("frontend.reachable",),
    ),
    Service(
        "history",
        "History",
        blocked_by=(
            "history.state_transitions_critical",
            "history.task_rate_critical",
            "history.backlog_age_critical",
        ),
        degraded_by=(
            "history.backlog_age_stressed",
            "history.shard_churn_stressed",
            "history.transition_latency_p99_stressed",
        ),
        pressed_by=(
            "history.tasks_fail",
            "temporal.tasks_are_retried",
            "temporal.workflows_are_contended",
            "temporal.locks_are_missed",
            "temporal.updates_collide",
            "temporal.shards_are_hot",
            "temporal.cache_is_small",
            "temporal.internal_tasks_are_throttled",
            "temporal.membership_keeps_changing",
        ),
        needs=("history.state_transitions", "history.task_rate"),
    ),
    Service(
        "matching",
        "Matching",
        # Matching only hands on: who takes nothing or sends too much is told apart by the causes.
        pressed_by=(
            "matching.backlog_growth_stressed",
            "matching.backlog_age_critical",
            "matching.backlog_age_stressed",
            "temporal.backlog_is_deep",
            "temporal.work_meets_no_waiting_worker",
        ),
        needs=("matching.tasks_dispatched", "matching.backlog"),
        expected_in=((Mode.IDLE, "matching.pending_polls", _EMPTY_POLLS),),
    ),
    Service(
        "workers",
        "Workers",
        side=Side.WORKER,
        blocked_by=("workers.none_up", "workers.no_pollers", "workers.nobody_polls"),
        degraded_by=("workers.slots_exhausted",),
        pressed_by=("temporal.slots_nearly_full",),
        needs=("workers.up", "workers.pollers"),
    ),
    Service(
        "persistence",
        "Persistence",
        blocked_by=("persistence.error_share_critical", "persistence.write_error_share_critical"),
        degraded_by=("persistence.error_share_stressed", "persistence.write_error_share_stressed"),
        pressed_by=(
            "persistence.latency_p99_stressed",
            "persistence.latency_rise_stressed",
            "temporal.database_limit_is_reached",
        ),
        needs=("persistence.latency_p99", "persistence.requests"),
    ),
)

WORKER_RULES: tuple[WorkerRule, ...] = (
    WorkerRule(
        "never_scale_down_at_zero",
        when=("workers.slots_exhausted",),
        forbids=(ActionKind.SCALE, "down"),
        says="No slot is free: fewer workers would stop the work that still gets done.",
        severity=Level.CRITICAL,
    ),
    WorkerRule(
        "sticky_queues",
        when=("workflows.run_for_long",),
        forbids=None,
        says="Many workflows stay with the worker that knows them: new workers get little of their work at first.",
    ),
    WorkerRule(
        "restart_to_redistribute",
        when=("workers.sticky_misses",),
        forbids=None,
        says="Workers push workflows out of their memory: after adding some, restart a part of the others in turn.",
    ),
    WorkerRule(
        "workflow_pollers_beyond_slots",
        when=("workers.workflow_pollers_beyond_slots",),
        forbids=None,
        says="There are more workflow pollers than slots for what they bring: lower their number.",
    ),
    WorkerRule(
        "activity_pollers_beyond_slots",
        when=("workers.activity_pollers_beyond_slots",),
        forbids=None,
        says="There are more activity pollers than slots for what they bring: lower their number.",
    ),
)
