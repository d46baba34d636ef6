"""Whether the engine moves workflows on."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, matches, not_matches
from sre_copilot_temporal.metrics import (
    CANARY_QUEUE,
    LONG,
    SHORT,
    USER_NAMESPACE,
    USER_QUEUE,
    server_counter,
    server_gauge,
    server_histogram,
    server_timer,
)

_WORKFLOW_TASKS_ADDED = server_counter(
    "tasks_added", forwarded="false", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE, task_type="Workflow"
).rate(SHORT)
# What is completed bears no queue, so the canary's share is taken away again: one task each.
_COMPLETED = server_counter("workflow_tasks_completed", namespace=USER_NAMESPACE).rate(SHORT) - server_counter(
    "poll_success", taskqueue=CANARY_QUEUE, task_type="Workflow"
).rate(SHORT)
_MOVES = server_timer(
    "service_latency",
    service_name="history",
    namespace=USER_NAMESPACE,
    operation=matches(
        "(Start|Signal|SignalWithStart)WorkflowExecution|RecordWorkflowTaskStarted|RespondWorkflowTaskCompleted"
        "|RecordActivityTaskStarted|RespondActivityTask(Completed|Failed)"
    ),
)
_TASKS = server_counter("task_requests").rate(SHORT)
# The task that deletes a workflow is tried until the one that deletes its record in lists is done.
_NO_DELETION = not_matches(".*Delete.*")

COMPLETION_RATIO = Signal(
    key="history.completion_ratio",
    category="primary",
    service="history",
    unit=Unit.RATIO,
    asks="Are workflow tasks completed as fast as they are added?",
    measure=_COMPLETED / _WORKFLOW_TASKS_ADDED,
)

WORKFLOW_TASKS_COMPLETED = Signal(
    key="history.workflow_tasks_completed",
    category="primary",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many steps of workflows are completed?",
    measure=_COMPLETED,
)

STATE_TRANSITIONS = Signal(
    key="history.state_transitions",
    category="primary",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many changes of workflow state are stored?",
    measure=server_histogram("state_transition_count", namespace=USER_NAMESPACE).rate(SHORT),
    note=(
        "Not progress by itself: with every worker dead each accepted start still makes two. The histogram's sum"
        " adds up cumulative numbers and means nothing."
    ),
)

TRANSITION_LATENCY_P95 = Signal(
    key="history.transition_latency_p95",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How long do the calls take that move workflows on?",
    measure=_MOVES.quantile(0.95, over=LONG),
)

TRANSITION_LATENCY_P99 = Signal(
    key="history.transition_latency_p99",
    category="primary",
    service="history",
    unit=Unit.SECONDS,
    asks="How long do the slowest of the calls take that move workflows on?",
    measure=_MOVES.quantile(0.99, over=LONG),
    note="No histogram tells the latency of a state transition; state_transition_count counts, and is no latency.",
)

TASK_RATE = Signal(
    key="history.task_rate",
    category="primary",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many internal tasks does the engine process?",
    measure=_TASKS,
)

BACKLOG_AGE = Signal(
    key="history.backlog_age",
    category="primary",
    service="history",
    unit=Unit.SECONDS,
    asks="How long do transfer tasks wait inside the engine?",
    measure=server_timer("task_latency_queue", task_type=matches("Transfer.*")).quantile(0.95, over=LONG),
    note="Only tasks that completed are in it. Timer and visibility tasks are left out, they wait by design.",
)

TASK_ERROR_SHARE = Signal(
    key="history.task_error_share",
    category="amplifier",
    service="history",
    unit=Unit.RATIO,
    asks="Which share of internal tasks fails and is tried again?",
    measure=(
        server_counter("task_errors", task_type=_NO_DELETION).rate(SHORT)
        / server_counter("task_requests", task_type=_NO_DELETION).rate(SHORT)
    ),
    note="Without deletions, whose tasks wait for each other by failing.",
)

TASK_ATTEMPTS_P99 = Signal(
    key="history.task_attempts_p99",
    category="amplifier",
    service="history",
    unit=Unit.COUNT,
    asks="How often is an internal task tried?",
    measure=server_histogram("task_attempt", task_type=_NO_DELETION).quantile(0.99, over=LONG),
    note="Without deletions, whose tasks wait for each other by failing.",
)

SHARD_CHURN = Signal(
    key="history.shard_churn",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How often do shards change hands?",
    measure=(
        server_counter("sharditem_created_count").rate(LONG)
        + server_counter("sharditem_removed_count").rate(LONG)
        + server_counter("shard_closed_count").rate(LONG)
    ),
)

SHARDS_OWNED = Signal(
    key="history.shards_owned",
    category="amplifier",
    service="history",
    unit=Unit.COUNT,
    asks="How many shards have an owner?",
    measure=server_gauge("numshards_gauge").sum(),
)

LOCK_WAIT_P99 = Signal(
    key="history.lock_wait_p99",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How long do updates wait for a shard's turn?",
    measure=server_timer("semaphore_latency").quantile(0.99, over=LONG),
)

LOCK_FAILURES = Signal(
    key="history.lock_failures",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How often does an update give up waiting for a workflow's lock?",
    measure=server_counter("acquire_lock_failed").rate(SHORT),
)

DELETION_RATE = Signal(
    key="history.deletion_rate",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How much is being deleted by retention or by hand?",
    measure=server_counter("task_requests", task_type=matches(".*Delete.*")).rate(SHORT),
)

CLEANUP_RATE = Signal(
    key="history.cleanup_rate",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many closed workflows are removed?",
    measure=server_counter("workflow_cleanup_delete").rate(SHORT),
)

WORKFLOW_TASK_ATTEMPTS_P99 = Signal(
    key="history.workflow_task_attempts_p99",
    category="amplifier",
    service="history",
    unit=Unit.COUNT,
    asks="How often is a step of a workflow tried until it succeeds?",
    measure=server_histogram("workflow_task_attempt", namespace=USER_NAMESPACE).quantile(0.99, over=LONG),
    note="A workflow task that code makes fail is tried for ever.",
)
