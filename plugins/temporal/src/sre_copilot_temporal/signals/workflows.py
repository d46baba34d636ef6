"""How workflows end, and which of them do not."""

from __future__ import annotations

from sre_copilot_hookspecs import Expr, LabelValue, Signal, Unit, Worst
from sre_copilot_temporal.metrics import SHORT, USER_NAMESPACE, USER_QUEUE, server_counter

_OURS: dict[str, str | LabelValue] = {"namespace": USER_NAMESPACE, "taskqueue": USER_QUEUE}
_SUCCEEDED = server_counter("workflow_success", **_OURS).rate(SHORT)
_FAILED = server_counter("workflow_failed", **_OURS).rate(SHORT)
_TIMED_OUT = server_counter("workflow_timeout", **_OURS).rate(SHORT)
_TERMINATED = server_counter("workflow_terminate", **_OURS).rate(SHORT)
_JUDGED = _SUCCEEDED + _FAILED + _TIMED_OUT + _TERMINATED

_TASKS_FAILED = server_counter("failed_workflow_tasks", namespace=USER_NAMESPACE).rate(SHORT)
_TASKS_COMPLETED = server_counter("workflow_tasks_completed", namespace=USER_NAMESPACE).rate(SHORT)
_ATTEMPTS_FAILED = server_counter("activity_task_fail", namespace=USER_NAMESPACE).rate(SHORT)
_ACTIVITIES_COMPLETED = server_counter("activity_success", namespace=USER_NAMESPACE).rate(SHORT)

CLOSES = Signal(
    key="workflows.closes",
    category="primary",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many workflows end with success, failure, timeout or termination?",
    measure=_JUDGED,
    note="Long-running workflows are normal, so fewer closes than starts proves nothing.",
)

SUCCESS_SHARE = Signal(
    key="workflows.success_share",
    category="primary",
    service="workload",
    unit=Unit.RATIO,
    asks="Which share of them succeeds?",
    measure=_SUCCEEDED / _JUDGED,
    note="Cancelled and continued-as-new workflows are neutral and left out.",
)


def _ending(name: str, asks: str, measure: Expr, note: str = "") -> Signal:
    """How many workflows end in one way."""
    return Signal(
        key=f"workflows.{name}",
        category="amplifier",
        service="workload",
        unit=Unit.PER_SECOND,
        asks=asks,
        measure=measure,
        note=note,
    )


_NEUTRAL = "Neutral: it counts neither for nor against the workload."
SUCCEEDED = _ending("succeeded", "How many workflows succeed?", _SUCCEEDED)
FAILED = _ending("failed", "How many workflows fail?", _FAILED)
TIMED_OUT = _ending("timed_out", "How many workflows time out?", _TIMED_OUT)
TERMINATED = _ending("terminated", "How many workflows are terminated?", _TERMINATED)
CANCELLED = _ending(
    "cancelled", "How many workflows are cancelled?", server_counter("workflow_cancel", **_OURS).rate(SHORT), _NEUTRAL
)
CONTINUED = _ending(
    "continued",
    "How many workflows continue as new?",
    server_counter("workflow_continued_as_new", **_OURS).rate(SHORT),
    _NEUTRAL,
)

WORKFLOW_TASKS_FAILED = Signal(
    key="workflows.tasks_failed",
    category="amplifier",
    service="workload",
    unit=Unit.PER_SECOND,
    asks="How often is a workflow task failed by its worker?",
    measure=_TASKS_FAILED,
)

TASK_FAILURE_SHARE = Signal(
    key="workflows.task_failure_share",
    category="amplifier",
    service="workload",
    unit=Unit.RATIO,
    asks="Which share of workflow tasks does code make fail?",
    measure=_TASKS_FAILED / (_TASKS_FAILED + _TASKS_COMPLETED),
    note="Each is tried again for ever, so the workflow stands still and never ends badly.",
)

ACTIVITY_FAILURE_SHARE = Signal(
    key="workflows.activity_failure_share",
    category="amplifier",
    service="workload",
    unit=Unit.RATIO,
    asks="Which share of attempts at activities fails?",
    measure=_ATTEMPTS_FAILED / (_ATTEMPTS_FAILED + _ACTIVITIES_COMPLETED),
)

ACTIVITY_TASKS_FAILED = Signal(
    key="workflows.activity_tasks_failed",
    category="amplifier",
    service="workload",
    unit=Unit.PER_SECOND,
    asks="How often does an attempt at an activity fail?",
    measure=_ATTEMPTS_FAILED,
)

ACTIVITIES_COMPLETED = Signal(
    key="workflows.activities_completed",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many activities succeed?",
    measure=_ACTIVITIES_COMPLETED,
)

RUNNING = Signal(
    key="workflows.running",
    category="amplifier",
    service="workload",
    unit=Unit.COUNT,
    asks="How many workflows are open?",
    probe="temporal_api",
    dimensions=("namespace",),
    worst=Worst.SUM,
    cap=15,
)

STUCK = Signal(
    key="workflows.stuck",
    category="amplifier",
    service="workload",
    unit=Unit.COUNT,
    asks="How many open workflows report a workflow task that keeps failing?",
    probe="temporal_api",
    dimensions=("namespace",),
    worst=Worst.SUM,
    cap=15,
    note="The server marks them after several failed attempts, so it lags by a minute.",
)
