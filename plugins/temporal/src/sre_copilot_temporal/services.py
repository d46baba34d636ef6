"""The actors of a Temporal cluster, and what must never be recommended about workers."""

from __future__ import annotations

from sre_copilot_hookspecs import ActionKind, Mode, Service, Side, WorkerRule

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
        pressed_by=("frontend.latency_p99_stressed",),
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
        degraded_by=("history.backlog_age_stressed", "history.shard_churn_stressed"),
        pressed_by=("history.tasks_fail", "temporal.tasks_are_retried"),
        needs=("history.state_transitions", "history.task_rate"),
    ),
    Service(
        "matching",
        "Matching",
        needs=("matching.tasks_dispatched", "matching.backlog"),
        expected_in=((Mode.IDLE, "matching.pending_polls", _EMPTY_POLLS),),
    ),
    Service(
        "workers",
        "Workers",
        side=Side.WORKER,
        blocked_by=("workers.none_up", "workers.no_pollers", "workers.nobody_polls"),
        degraded_by=("workers.slots_exhausted",),
        pressed_by=(
            "temporal.slots_nearly_full",
            "matching.backlog_growth_stressed",
            "matching.backlog_age_critical",
            "matching.backlog_age_stressed",
        ),
        needs=("workers.up", "workers.pollers"),
    ),
    Service(
        "persistence",
        "Persistence",
        blocked_by=("persistence.error_share_critical",),
        degraded_by=("persistence.error_share_stressed",),
        pressed_by=("persistence.latency_p99_stressed",),
        needs=("persistence.latency_p99", "persistence.requests"),
    ),
)

WORKER_RULES: tuple[WorkerRule, ...] = (
    WorkerRule(
        "never_scale_down_at_zero",
        when=("workers.slots_exhausted",),
        forbids=(ActionKind.SCALE, "down"),
        says="No slot is free: fewer workers would stop the work that still gets done.",
    ),
)
