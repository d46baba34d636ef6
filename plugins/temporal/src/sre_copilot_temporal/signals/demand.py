"""What the cluster is asked to do."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, matches
from sre_copilot_temporal.metrics import (
    CANARY_QUEUE,
    SHORT,
    START_ACTIONS,
    USER_NAMESPACE,
    USER_QUEUE,
    server_counter,
)

START_OPERATIONS = matches("StartWorkflowExecution|SignalWithStartWorkflowExecution")
_CLIENT_ERRORS = matches(
    ".*(AlreadyStarted|InvalidArgument|NotFound|PermissionDenied|ClientVersion.*|FailedPrecondition)"
)
# Counters of starts bear no task queue. Each canary is one workflow task on a queue of its own.
_CANARIES = server_counter("tasks_added", forwarded="false", taskqueue=CANARY_QUEUE, task_type="Workflow").rate(SHORT)

ACCEPTED = server_counter("action", namespace=USER_NAMESPACE, action_type=START_ACTIONS).rate(SHORT) - _CANARIES
REQUESTED = (
    server_counter(
        "service_requests", service_name="frontend", namespace=USER_NAMESPACE, operation=START_OPERATIONS
    ).rate(SHORT)
    - server_counter(
        "service_error_with_type",
        service_name="frontend",
        namespace=USER_NAMESPACE,
        operation=START_OPERATIONS,
        error_type=_CLIENT_ERRORS,
    ).rate(SHORT)
    - _CANARIES
)
"""Starts the server had to accept, the canary's aside; what it refused as the client's mistake is not its failure."""

WORKFLOW_STARTS = Signal(
    key="demand.workflow_starts",
    category="demand",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many new workflows are accepted?",
    measure=ACCEPTED,
    note="Request counters multiply when clients and the history service retry; accepted starts do not.",
)

START_REQUESTS = Signal(
    key="demand.start_requests",
    category="demand",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many new workflows are asked for?",
    measure=REQUESTED,
)

SIGNALS_SENT = Signal(
    key="demand.signals",
    category="demand",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many signals are sent to workflows?",
    measure=server_counter("action", namespace=USER_NAMESPACE, action_type=matches("grpc_Signal.*")).rate(SHORT),
)

TASKS_ADDED = Signal(
    key="demand.tasks_added",
    category="demand",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much work is handed to task queues?",
    measure=server_counter("tasks_added", forwarded="false", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).rate(
        SHORT
    ),
    note='Without forwarded="false" a task is counted once for each partition it passes through.',
)

WORKFLOW_TASKS_ADDED = Signal(
    key="demand.workflow_tasks_added",
    category="demand",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How many steps of workflows wait to be taken?",
    measure=server_counter(
        "tasks_added", forwarded="false", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE, task_type="Workflow"
    ).rate(SHORT),
)
