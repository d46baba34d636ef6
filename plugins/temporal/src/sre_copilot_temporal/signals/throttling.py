"""Who is turned away, and by which limit."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, Worst, matches
from sre_copilot_temporal.metrics import SHORT, USER_NAMESPACE, server_counter

_CAUSE = ("resource_exhausted_cause",)

BY_CAUSE = Signal(
    key="server.resource_exhausted",
    category="amplifier",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="Which limits turn requests away, in whichever service?",
    measure=server_counter("service_errors_resource_exhausted", namespace=USER_NAMESPACE).rate(SHORT, by=_CAUSE),
    dimensions=_CAUSE,
    worst=Worst.SUM,
    cap=10,
    note=(
        "Polls are in it: a limiter turns them away first. Frontend and history can both count one request."
        " The gauge host_rps_limit does not show the limit of a namespace."
    ),
)

_BUSY = "(RESOURCE_EXHAUSTED_CAUSE_)?(BusyWorkflow|BUSY_WORKFLOW)"

BUSY_WORKFLOWS = Signal(
    key="history.busy_workflows",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many requests are refused because others hold their workflow?",
    measure=server_counter(
        "service_errors_resource_exhausted",
        service_name="history",
        namespace=USER_NAMESPACE,
        resource_exhausted_cause=matches(_BUSY),
    ).rate(SHORT),
)

TASKS_THROTTLED = Signal(
    key="history.tasks_throttled",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How many internal tasks does a limit hold back?",
    measure=server_counter("task_errors_throttled").rate(SHORT),
)
