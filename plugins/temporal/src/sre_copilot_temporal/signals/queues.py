"""The engine's own queues: what waits between the database and the next step of a workflow."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, matches
from sre_copilot_temporal.metrics import LONG, server_histogram, server_timer

# Shards tell about their queues once in five minutes; a shorter window would mostly be empty.
_SHARDS_TELL = "11m"
# The timer queue holds what is due in the future, two hundred tasks of it on a healthy cluster.
_WORK_NOW = matches("(Transfer|Visibility|Outbound)QueueProcessor")

TIMER_LAG_P95 = Signal(
    key="history.timer_lag_p95",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How late do timers fire?",
    measure=server_timer("task_latency_queue", task_type=matches("Timer.*")).quantile(0.95, over=LONG),
    note="Counted from the instant a timer was due. Only timers that fired are in it.",
)

VISIBILITY_LAG_P95 = Signal(
    key="history.visibility_lag_p95",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How long does it take until lists and counts know of a change?",
    measure=server_timer("task_latency_queue", task_type=matches("Visibility.*")).quantile(0.95, over=LONG),
)

PENDING_TASKS_P99 = Signal(
    key="history.pending_tasks_p99",
    category="amplifier",
    service="history",
    unit=Unit.COUNT,
    asks="How many internal tasks does the fullest shard hold in memory?",
    measure=server_histogram("pending_tasks", operation=_WORK_NOW).quantile(0.99, over=LONG),
    note="Without the timer queue, which holds a few hundred tasks that are not due yet on a healthy cluster.",
)

OLDEST_TASK_P99 = Signal(
    key="history.oldest_task_p99",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How old is the oldest internal task that is still pending, in the worst shards?",
    measure=server_timer("shardinfo_immediate_queue_backlog_age").quantile(0.99, over=_SHARDS_TELL),
    note="Sees a queue that stands still, which latencies of completed tasks do not. Only newest servers tell it.",
)

QUEUE_LAG_P95 = Signal(
    key="history.queue_lag_p95",
    category="amplifier",
    service="history",
    unit=Unit.COUNT,
    asks="How many task numbers are shards behind what they accepted?",
    measure=server_histogram("shardinfo_immediate_queue_lag").quantile(0.95, over=_SHARDS_TELL),
    note="A distance between task numbers, of which most are never used: look at its growth, not at its size.",
)

SCHEDULED_LAG_P95 = Signal(
    key="history.scheduled_lag_p95",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How far are shards behind with tasks that were due?",
    measure=server_timer("shardinfo_scheduled_queue_lag").quantile(0.95, over=_SHARDS_TELL),
)
