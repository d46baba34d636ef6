"""Which pattern of facts means which cause, and what to do about it."""

from __future__ import annotations

from sre_copilot_hookspecs import Action, ActionKind, Cause, Risk

_NOT_TAKEN = ("matching.dispatch_ratio_critical", "matching.dispatch_ratio_stressed")
_SLOW = (
    "matching.backlog_growth_stressed",
    "matching.backlog_age_critical",
    "matching.backlog_age_stressed",
    "history.completion_ratio_critical",
    "history.completion_ratio_stressed",
)
_ABSENT = ("workers.none_up", "workers.no_pollers", "workers.nobody_polls")
_RISEN = ("demand.starts_risen", "demand.tasks_risen")
_DATABASE = (
    "persistence.write_error_share_critical",
    "persistence.write_error_share_stressed",
    "persistence.error_share_critical",
    "persistence.error_share_stressed",
)

FRONTEND_UNREACHABLE = Cause(
    "frontend_unreachable",
    "frontend unreachable",
    service="frontend",
    says="Nobody can start, signal or complete a workflow: the frontend does not answer.",
    rank=100,
    requires=("frontend.reachable_critical",),
    supports=("canary.success_critical",),
    actions=(
        Action(ActionKind.ALERT, "frontend", "Check whether the frontend processes run and can be reached."),
        Action(
            ActionKind.RESTART,
            "frontend",
            "Restart frontend processes that run but do not answer.",
            Risk.MEDIUM,
        ),
    ),
)

PERSISTENCE_FAILING = Cause(
    "persistence_failing",
    "persistence failing",
    service="persistence",
    says="The database refuses or fails operations, so nothing can be stored and nothing moves.",
    rank=90,
    any_of=_DATABASE,
    supports=(
        "history.tasks_fail",
        "frontend.error_share_critical",
        "frontend.start_acceptance_critical",
        "canary.success_critical",
    ),
    actions=(
        Action(
            ActionKind.ALERT,
            "persistence",
            "Find out why the database fails: its logs, its limits, its locks.",
        ),
        Action(
            ActionKind.CONFIGURE,
            "history",
            "Do not scale the services meanwhile; more clients make it worse.",
        ),
    ),
)

THROTTLED = Cause(
    "throttled",
    "throttled",
    service="frontend",
    says="A rate limit turns requests away, polls of workers among them, so work waits although workers are free.",
    rank=85,
    any_of=("frontend.throttling", "temporal.database_limit_is_reached"),
    supports=(
        *_NOT_TAKEN,
        *_SLOW,
        "frontend.error_share_critical",
        "frontend.error_share_stressed",
        "frontend.start_acceptance_critical",
        "frontend.start_acceptance_stressed",
    ),
    actions=(
        Action(
            ActionKind.CONFIGURE,
            "frontend",
            "Raise the namespace's request limit, or lower the number of pollers.",
        ),
    ),
)

NO_WORKERS = Cause(
    "no_workers",
    "no workers",
    service="workers",
    says="Work is added and nobody takes it: no worker polls the task queue.",
    rank=80,
    any_of=_ABSENT,
    unless=("workers.slots_exhausted", "frontend.throttling", *_DATABASE),
    supports=("matching.dispatch_ratio_critical", "history.completion_ratio_critical"),
    actions=(
        Action(ActionKind.SCALE, "workers", "Start workers for the task queue.", Risk.LOW, (("direction", "up"),)),
        Action(ActionKind.CONFIGURE, "workers", "Check that workers poll this task queue in this namespace."),
    ),
)

WORKERS_SATURATED = Cause(
    "workers_saturated",
    "workers saturated",
    service="workers",
    says="Workers are alive and every task slot is busy, so new work waits.",
    rank=75,
    requires=("workers.slots_exhausted",),
    any_of=(*_NOT_TAKEN, *_SLOW),
    supports=("temporal.slots_nearly_full",),
    actions=(
        Action(ActionKind.SCALE, "workers", "Add workers.", Risk.LOW, (("direction", "up"),)),
        Action(ActionKind.CONFIGURE, "workers", "Give workers more slots if their hosts have room.", Risk.MEDIUM),
    ),
)

APPLICATION_FAILURES = Cause(
    "application_failures",
    "application failures",
    service="workload",
    says="The cluster hands out work, and the application's code fails at it: workflows end badly or stand still.",
    rank=60,
    any_of=(
        "workflows.success_share_critical",
        "workflows.success_share_stressed",
        "workflows.tasks_fail",
        "temporal.activities_fail",
    ),
    # Where work is not even taken, workflows time out by no fault of theirs.
    unless=(*_NOT_TAKEN, "matching.backlog_age_critical"),
    actions=(
        Action(
            ActionKind.ALERT,
            "workload",
            "Show the owners of the failing workflow types their latest failures.",
        ),
    ),
)

PERSISTENCE_SLOW = Cause(
    "persistence_slow",
    "persistence slow",
    service="persistence",
    says="Database operations succeed and take too long, which slows everything above them.",
    rank=55,
    any_of=("persistence.latency_p99_stressed", "persistence.latency_rise_stressed"),
    # Under a multiple of the usual load, or where even what needs no database is slow, it is not the database's fault.
    unless=("temporal.host_is_starved", *_RISEN),
    supports=("frontend.latency_p99_stressed", "history.transition_latency_p99_stressed"),
    actions=(
        Action(
            ActionKind.ALERT,
            "persistence",
            "Look for slow statements, locks and exhausted capacity in the database.",
        ),
    ),
)

CONTENTION = Cause(
    "contention",
    "contention",
    service="history",
    says="Many requests meet in few workflows or rows and stand in each other's way.",
    rank=58,
    any_of=("temporal.workflows_are_contended", "temporal.locks_are_missed", "temporal.updates_collide"),
    # A database that fails, a host without time and far too much work make everybody wait for locks.
    unless=("temporal.host_is_starved", *_RISEN, *_DATABASE),
    actions=(
        Action(ActionKind.ALERT, "workload", "Find the workflows that many signals and updates meet in."),
        Action(ActionKind.CONFIGURE, "workload", "Spread them over more workflows, or send fewer.", Risk.MEDIUM),
    ),
)

SHARD_INSTABILITY = Cause(
    "shard_instability",
    "shard instability",
    service="history",
    says="Shards change hands, and while they do their workflows stand still.",
    rank=50,
    any_of=("history.shard_churn_stressed",),
    actions=(Action(ActionKind.ALERT, "history", "Look for history processes that restart or starve for CPU."),),
)

PROCESSES_DOWN = Cause(
    "deploy_churn",
    "deploy churn",
    service="history",
    says="Some of the server's processes do not answer, as during a deployment or after a crash.",
    # Shards change hands whenever a process leaves: what then makes them move is known, and it is not themselves.
    rank=52,
    any_of=("server.up_share_stressed", "temporal.membership_keeps_changing"),
    supports=("temporal.services_restarted", "history.shard_churn_stressed"),
    actions=(Action(ActionKind.ALERT, "history", "Check whether a deployment is under way or processes crash."),),
)

OVERLOAD = Cause(
    "overload",
    "overload",
    service="matching",
    says="More work arrives than the cluster and its workers get done.",
    rank=30,
    any_of=(
        *_NOT_TAKEN,
        *_SLOW,
        "history.backlog_age_critical",
        "history.backlog_age_stressed",
        "persistence.latency_p99_stressed",
        "persistence.latency_rise_stressed",
        "frontend.latency_p99_stressed",
        "frontend.error_share_critical",
        "frontend.error_share_stressed",
        "frontend.start_acceptance_critical",
        "frontend.start_acceptance_stressed",
        "history.state_transitions_critical",
        "history.task_rate_critical",
        "history.transition_latency_p99_stressed",
        "canary.success_critical",
        "temporal.host_is_starved",
        "temporal.runtime_pauses",
        "temporal.internal_tasks_are_throttled",
        "temporal.backlog_is_deep",
        "temporal.shards_are_hot",
        "temporal.cache_is_small",
        "temporal.tasks_are_retried",
    ),
    supports=("temporal.goroutines_multiply", *_RISEN),
    actions=(
        Action(
            ActionKind.SCALE,
            "workers",
            "Add workers, and history capacity if the engine's tasks wait as well.",
            Risk.LOW,
            (("direction", "up"),),
        ),
        Action(ActionKind.CONFIGURE, "workload", "Slow down what starts workflows."),
    ),
)

TELEMETRY_LOST = Cause(
    "telemetry_lost",
    "telemetry lost",
    service="telemetry",
    says="Too little can be read to tell whether workflows make progress.",
    rank=25,
    requires=("copilot.blind",),
    actions=(
        Action(
            ActionKind.ALERT,
            "telemetry",
            "Bring the metrics endpoints back; the copilot cannot see the cluster.",
        ),
    ),
)

CAUSES: tuple[Cause, ...] = (
    FRONTEND_UNREACHABLE,
    PERSISTENCE_FAILING,
    THROTTLED,
    NO_WORKERS,
    WORKERS_SATURATED,
    APPLICATION_FAILURES,
    CONTENTION,
    PERSISTENCE_SLOW,
    SHARD_INSTABILITY,
    PROCESSES_DOWN,
    OVERLOAD,
    TELEMETRY_LOST,
)
