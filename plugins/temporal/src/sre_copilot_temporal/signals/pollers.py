"""Whether workers ask for work, and have room for what they get."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, Worst, matches, not_matches
from sre_copilot_temporal.metrics import LONG, SHORT, worker_counter, worker_gauge, worker_timer

_POLLS = matches("Poll.*")
_WORKFLOW_POLLERS = worker_gauge("temporal_num_pollers", poller_type=matches("(sticky_)?workflow_task")).sum()
_ACTIVITY_POLLERS = worker_gauge("temporal_num_pollers", poller_type="activity_task").sum()
_KINDS = ("task_queue", "worker_type")
# Local activities are never polled for, so their slots are counted apart.
_TASKS = not_matches("LocalActivityWorker")

WORKFLOW_POLLERS = Signal(
    key="workers.workflow_pollers",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many pollers ask for workflow tasks, sticky ones included?",
    measure=_WORKFLOW_POLLERS,
    note="A dead worker exports nothing at all, so this goes missing and does not fall to zero.",
)

ACTIVITY_POLLERS = Signal(
    key="workers.activity_pollers",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many pollers ask for activity tasks?",
    measure=_ACTIVITY_POLLERS,
)

SLOTS_USED = Signal(
    key="workers.slots_used",
    category="worker",
    service="workers",
    unit=Unit.COUNT,
    asks="How many task slots are busy, by task queue and kind of worker?",
    measure=worker_gauge("temporal_worker_task_slots_used", worker_type=_TASKS).sum(by=_KINDS),
    dimensions=_KINDS,
    worst=Worst.SUM,
    cap=20,
)


def _slots(kind: str) -> Signal:
    """Pollers of one kind for each of its slots."""
    pollers = _WORKFLOW_POLLERS if kind == "workflow" else _ACTIVITY_POLLERS
    worker_type = f"{kind.capitalize()}Worker"
    slots = (
        worker_gauge("temporal_worker_task_slots_used", worker_type=worker_type).sum()
        + worker_gauge("temporal_worker_task_slots_available", worker_type=worker_type).sum()
    )
    return Signal(
        key=f"workers.{kind}_pollers_per_slot",
        category="worker",
        service="workers",
        unit=Unit.RATIO,
        asks=f"How many pollers does each {kind} slot have?",
        measure=pollers / slots,
        note="Above 1 some pollers ask for work that no slot can take.",
    )


WORKFLOW_POLLERS_PER_SLOT = _slots("workflow")
ACTIVITY_POLLERS_PER_SLOT = _slots("activity")

LONG_POLL_LATENCY_P95 = Signal(
    key="workers.long_poll_latency_p95",
    category="worker",
    service="workers",
    unit=Unit.SECONDS,
    asks="How long do workers wait for a poll to be answered?",
    measure=worker_timer("temporal_long_request_latency", operation=_POLLS).quantile(0.95, over=LONG),
    note="Near the poll timeout of a minute when there is no work, which is how it is meant to be.",
)

LONG_POLL_FAILURES = Signal(
    key="workers.long_poll_failures",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How many polls of workers fail?",
    measure=worker_counter("temporal_long_request_failure").rate(SHORT),
)

EMPTY_POLLS = Signal(
    key="workers.empty_polls",
    category="worker",
    service="workers",
    unit=Unit.PER_SECOND,
    asks="How many polls come back without work?",
    measure=(
        worker_counter("temporal_workflow_task_queue_poll_empty").rate(SHORT)
        + worker_counter("temporal_activity_poll_no_task").rate(SHORT)
    ),
)
