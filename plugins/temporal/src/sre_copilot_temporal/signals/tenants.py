"""Demand and progress told apart: whose work it is, and in which queue."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, Worst
from sre_copilot_temporal.metrics import SHORT, START_ACTIONS, USER_NAMESPACE, USER_QUEUE, server_counter
from sre_copilot_temporal.signals.matching import QUEUE

_NAMESPACE = ("namespace",)
# Who has more tenants sees the busiest of them: a cycle's reading has to stay small.
_MOST = 10

STARTS_BY_NAMESPACE = Signal(
    key="demand.starts_by_namespace",
    category="demand",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="Whose workflows are started?",
    measure=server_counter("action", namespace=USER_NAMESPACE, action_type=START_ACTIONS).rate(SHORT, by=_NAMESPACE),
    dimensions=_NAMESPACE,
    worst=Worst.SUM,
    cap=_MOST,
)

ADDED_BY_QUEUE = Signal(
    key="demand.added_by_queue",
    category="demand",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="Which task queues get the work?",
    measure=server_counter("tasks_added", forwarded="false", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).rate(
        SHORT, by=QUEUE
    ),
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=_MOST,
)

DISPATCHED_BY_QUEUE = Signal(
    key="matching.dispatched_by_queue",
    category="amplifier",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="From which task queues do workers take work?",
    measure=server_counter("poll_success", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).rate(SHORT, by=QUEUE),
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=_MOST,
)

COMPLETED_BY_NAMESPACE = Signal(
    key="history.completed_by_namespace",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="Whose workflows move on?",
    measure=server_counter("workflow_tasks_completed", namespace=USER_NAMESPACE).rate(SHORT, by=_NAMESPACE),
    dimensions=_NAMESPACE,
    worst=Worst.SUM,
    cap=_MOST,
)

SUCCEEDED_BY_QUEUE = Signal(
    key="workflows.succeeded_by_queue",
    category="amplifier",
    service="workload",
    unit=Unit.PER_SECOND,
    asks="In which task queues do workflows succeed?",
    measure=server_counter("workflow_success", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).rate(
        SHORT, by=("namespace", "taskqueue")
    ),
    dimensions=("namespace", "taskqueue"),
    worst=Worst.SUM,
    cap=_MOST,
)

FAILED_BY_QUEUE = Signal(
    key="workflows.failed_by_queue",
    category="amplifier",
    service="workload",
    unit=Unit.PER_SECOND,
    asks="In which task queues do workflows fail?",
    measure=server_counter("workflow_failed", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).rate(
        SHORT, by=("namespace", "taskqueue")
    ),
    dimensions=("namespace", "taskqueue"),
    worst=Worst.SUM,
    cap=_MOST,
)
