"""Lines about limits."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_THROTTLED = (
    "frontend.resource_exhausted",
    "frontend.error_share",
    "frontend.start_acceptance",
    "server.resource_exhausted",
    "persistence.resource_exhausted",
    "matching.dispatch_ratio",
)

LIMITS = (
    LogPattern(
        "limits.requests",
        expression=r"namespace rate limit exceeded|resource ?exhausted|rps limit exceeded|qps limit",
        means="A rate limit of Temporal turned requests away.",
        remedy="Compare the load with the limits of the namespace and with persistenceMaxQPS.",
        severity=Severity.WARNING,
        supports=_THROTTLED,
    ),
    LogPattern(
        "limits.poll_failed",
        contains="Failed to poll for task",
        services=("worker",),
        means="A worker inside the server could not poll; the error behind it says why.",
        remedy="With a rate limit behind it raise the limit; otherwise look at the frontend.",
        severity=Severity.WARNING,
        supports=(*_THROTTLED, "frontend.reachable"),
    ),
    LogPattern(
        "limits.busy_workflow",
        contains="workflow is busy",
        services=("history",),
        means="One workflow gets more signals or updates than it can store.",
        remedy="Send signals in batches, or split the workflow.",
        severity=Severity.WARNING,
        supports=(*_THROTTLED, "history.lock_wait_p99", "history.busy_workflows"),
    ),
    LogPattern(
        "limits.changed",
        contains="Quota changed",
        means="A rate limit has a new value, as after a change of dynamic configuration or of membership.",
        remedy="Nothing, if somebody meant it.",
    ),
)
