"""What workers keep in memory, and activities that never leave them."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit
from sre_copilot_temporal.metrics import LONG, SHORT, worker_counter, worker_gauge, worker_timer

_HIT = worker_counter("temporal_sticky_cache_hit").rate(SHORT)
_MISS = worker_counter("temporal_sticky_cache_miss").rate(SHORT)

STICKY_HIT_RATIO = Signal(
    key="workers.sticky_hit_ratio",
    category="worker",
    service="workers",
    unit=Unit.RATIO,
    asks="Which share of workflow tasks finds its workflow in the worker's memory?",
    measure=_HIT / (_HIT + _MISS),
)

STICKY_CACHE_SIZE = Signal(
    key="workers.sticky_cache_size",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many workflows do workers keep in memory?",
    measure=worker_gauge("temporal_sticky_cache_size").sum(),
)

STICKY_MISSES = Signal(
    key="workers.sticky_misses",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How often must a worker read a whole history again?",
    measure=_MISS,
    note="No worker exports the counter before its first miss; until then it is zero.",
)

STICKY_EVICTIONS = Signal(
    key="workers.sticky_evictions",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How often does a workflow have to leave a worker's memory for another?",
    measure=worker_counter("temporal_sticky_cache_total_forced_eviction").rate(SHORT),
)

REPLAY_P95 = Signal(
    key="workers.replay_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long does it take to replay a workflow?",
    measure=worker_timer("temporal_workflow_task_replay_latency").quantile(0.95, over=LONG),
)

LOCAL_SLOTS_AVAILABLE = Signal(
    key="workers.local_activity_slots_available",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many slots for local activities does the fullest worker have free?",
    measure=worker_gauge("temporal_worker_task_slots_available", worker_type="LocalActivityWorker").min(),
)

LOCAL_ACTIVITY_P95 = Signal(
    key="workers.local_activity_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do local activities run?",
    measure=worker_timer("temporal_local_activity_execution_latency").quantile(0.95, over=LONG),
    note="They hold up the workflow task they are part of, and never pass through a task queue.",
)

LOCAL_ACTIVITY_FAILURES = Signal(
    key="workers.local_activity_failures",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How often do local activities fail?",
    measure=worker_counter("temporal_local_activity_execution_failed").rate(SHORT),
)

EAGER_ACTIVITIES = Signal(
    key="workers.eager_activities",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How many activities start without passing through a task queue?",
    measure=worker_counter("temporal_activity_task_received", eager="true").rate(SHORT),
    note="Matching never sees them: their queue looks unused however busy it is.",
)
