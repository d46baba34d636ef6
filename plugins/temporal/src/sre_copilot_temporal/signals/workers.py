"""What SDK workers say of themselves, and what the API says of them."""

from __future__ import annotations

from sre_copilot_hookspecs import LabelValue, Signal, Unit, Worst, not_equal
from sre_copilot_temporal.metrics import LONG, SHORT, worker_counter, worker_gauge, worker_timer
from sre_copilot_temporal.signals.matching import MOST_QUEUES, QUEUE

_TASK_SLOTS: dict[str, str | LabelValue] = {"worker_type": not_equal("LocalActivityWorker")}
_SLOTS = ("task_queue", "worker_type")
_AVAILABLE = worker_gauge("temporal_worker_task_slots_available", **_TASK_SLOTS).sum(by=_SLOTS)
_USED = worker_gauge("temporal_worker_task_slots_used", **_TASK_SLOTS).sum(by=_SLOTS)
_WORKFLOW_WAIT = worker_timer("temporal_workflow_task_schedule_to_start_latency")
_ACTIVITY_WAIT = worker_timer("temporal_activity_schedule_to_start_latency")

UP = Signal(
    key="workers.up",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many worker endpoints answer a scrape?",
    measure=worker_gauge("up").sum(),
)

POLLERS = Signal(
    key="workers.pollers",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many workers have polled lately, in the worst task queue that has work?",
    probe="temporal_api",
    dimensions=QUEUE,
    worst=Worst.LOWEST,
    cap=MOST_QUEUES,
    note="The server lists pollers for minutes after their death; only recent polls count.",
)

RUNNING = Signal(
    key="workers.running",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many workers send heartbeats?",
    probe="temporal_api",
)

REPORTED_SLOTS_AVAILABLE = Signal(
    key="workers.reported_slots_available",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many task slots are free by the workers' heartbeats, in the fullest of them?",
    probe="temporal_api",
    dimensions=("kind", "namespace", "taskqueue"),
    worst=Worst.LOWEST,
    cap=20,
    note="Up to a minute old, and told only by workers with a fixed number of slots.",
)

SLOTS_AVAILABLE = Signal(
    key="workers.slots_available",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many task slots are free, in the fullest task queue?",
    measure=_AVAILABLE,
    dimensions=_SLOTS,
    worst=Worst.LOWEST,
    cap=MOST_QUEUES,
    note="Resource-based slot suppliers never export it. Free slots do not mean health.",
)

SLOTS_USED_SHARE = Signal(
    key="workers.slots_used_share",
    category="worker",
    service="workers",
    unit=Unit.RATIO,
    asks="Which share of the task slots is busy, in the fullest task queue?",
    measure=_USED / (_USED + _AVAILABLE),
    dimensions=_SLOTS,
    worst=Worst.HIGHEST,
    cap=15,
)

POLLING = Signal(
    key="workers.polling",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many pollers do workers run?",
    measure=worker_gauge("temporal_num_pollers").sum(),
)

WORKFLOW_SCHEDULE_TO_START_P95 = Signal(
    key="workers.workflow_schedule_to_start_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do workflow tasks wait for a worker?",
    measure=_WORKFLOW_WAIT.quantile(0.95, over=LONG),
    note="Only tasks that were taken are in it: it rises when a recovery begins, and says nothing while nobody works.",
)

ACTIVITY_SCHEDULE_TO_START_P95 = Signal(
    key="workers.activity_schedule_to_start_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do activity tasks wait for a worker?",
    measure=_ACTIVITY_WAIT.quantile(0.95, over=LONG),
)

WORKFLOW_SCHEDULE_TO_START_P99 = Signal(
    key="workers.workflow_schedule_to_start_p99",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do the slowest workflow tasks wait for a worker?",
    measure=_WORKFLOW_WAIT.quantile(0.99, over=LONG),
)

ACTIVITY_SCHEDULE_TO_START_P99 = Signal(
    key="workers.activity_schedule_to_start_p99",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do the slowest activity tasks wait for a worker?",
    measure=_ACTIVITY_WAIT.quantile(0.99, over=LONG),
)

EXECUTION_P95 = Signal(
    key="workers.workflow_task_execution_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long does workflow code run for one task?",
    measure=worker_timer("temporal_workflow_task_execution_latency").quantile(0.95, over=LONG),
)

WORKFLOW_TASK_FAILURES = Signal(
    key="workers.workflow_task_failures",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How often does workflow code fail?",
    measure=worker_counter("temporal_workflow_task_execution_failed").rate(SHORT),
)

ACTIVITY_FAILURES = Signal(
    key="workers.activity_failures",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How often do activities fail?",
    measure=worker_counter("temporal_activity_execution_failed").rate(SHORT),
)

REQUEST_FAILURES = Signal(
    key="workers.request_failures",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How many requests of workers fail, polls included?",
    measure=(
        worker_counter("temporal_request_failure").rate(SHORT)
        + worker_counter("temporal_long_request_failure").rate(SHORT)
    ),
)
