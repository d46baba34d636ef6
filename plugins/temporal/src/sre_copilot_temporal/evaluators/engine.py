"""Pressure inside the engine: locks, retries, shards, caches."""

from __future__ import annotations

from sre_copilot_hookspecs import Direction, Pressure, Threshold, Unit
from sre_copilot_temporal.evaluators.limits import ENOUGH_TASKS, Condition, Limit
from sre_copilot_temporal.signals import cache, demand, history, persistence, queues, throttling

_EXPERIENCE = "operating experience with Temporal"

RETRIES = Limit(
    "temporal.tasks_are_retried",
    Pressure.PRESSURE,
    "history",
    history.TASK_ATTEMPTS_P99,
    3.0,
    "a healthy engine succeeds at the first attempt",
    "The engine needs {value:.0f} attempts for some of its own tasks.",
    "See what the attempts fail on: the database, a busy workflow, or a shard that moves.",
    readings=1,
)

BUSY_WORKFLOWS = Limit(
    "temporal.workflows_are_contended",
    Pressure.PRESSURE,
    "history",
    throttling.BUSY_WORKFLOWS,
    1.0,
    "a refusal each second is more than an unlucky meeting",
    "{value:.1f} requests a second find their workflow busy and are refused.",
    "Spread signals and updates over more workflows, or send fewer of them to one.",
)

LOCKS = Limit(
    "temporal.locks_are_missed",
    Pressure.PRESSURE,
    "history",
    history.LOCK_FAILURES,
    1.0,
    "as for busy workflows",
    "{value:.1f} updates a second give up waiting for a workflow's lock.",
    "Find the workflows that many requests meet in, and spread them.",
    readings=4,
)

CONFLICTS = Limit(
    "temporal.updates_collide",
    Pressure.PRESSURE,
    "history",
    persistence.UPDATE_CONFLICTS,
    30.0,
    "operating experience on databases with optimistic concurrency",
    "{value:.0f} updates a second meet a row that has changed meanwhile.",
    "Find the rows: hot task queues, hot workflows, shards that two processes believe to own.",
)

HOT_SHARDS = Limit(
    "temporal.shards_are_hot",
    Pressure.PRESSURE,
    "history",
    queues.PENDING_TASKS_P99,
    1000.0,
    "a healthy shard holds one task, and loads new ones a few hundred at a time",
    "The fullest shards hold {value:.0f} tasks that should run now.",
    "More history processes help if many shards are full; more shards are for a new cluster.",
    when=(
        Condition(
            history.LOCK_WAIT_P99,
            Threshold.everywhere("temporal.locks_are_waited_for", Unit.SECONDS, 0.1, source=_EXPERIENCE),
        ),
    ),
)

CACHE = Limit(
    "temporal.cache_is_small",
    Pressure.PRESSURE,
    "history",
    cache.CACHE_HIT_RATIO,
    0.8,
    "operating experience; below it reads load the database visibly",
    "Only {value:.0%} of workflow states are found in memory, and others are put out to make room.",
    "Enlarge the cache of workflow states, or add history processes.",
    Direction.BELOW,
    readings=4,
    when=(
        Condition(
            cache.CACHE_EVICTIONS,
            Threshold.everywhere("temporal.cache_is_full", Unit.PER_SECOND, 1.0, source=_EXPERIENCE),
        ),
        Condition(demand.TASKS_ADDED, ENOUGH_TASKS),
    ),
)

EVALUATORS = (
    RETRIES,
    BUSY_WORKFLOWS,
    LOCKS,
    CONFLICTS,
    HOT_SHARDS,
    CACHE,
)
