"""Lines about calls between services, and about their time."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_REFUSED = ("frontend.error_share", "frontend.start_acceptance")

CALLS = (
    LogPattern(
        "calls.deadline_exceeded",
        contains="deadline exceeded",
        means="Calls run out of time.",
        remedy="See which operation is slow, of the database or of the frontend; add capacity before longer timeouts.",
        severity=Severity.WARNING,
        supports=(
            *_REFUSED,
            "frontend.latency_p99",
            "frontend.reachable",
            "persistence.latency_p99",
            "persistence.error_share",
            "persistence.write_error_share",
            "history.backlog_age",
            "history.task_error_share",
            "history.state_transitions",
            "history.task_rate",
            "history.transition_latency_p99",
            "canary.success",
        ),
    ),
    LogPattern(
        "calls.context_canceled",
        contains="context canceled",
        means="A caller gave up, and what it had asked for was dropped. Workers that end leave such lines, too.",
        remedy="Harmless alone. With slow calls beside it look for a slow dependency or for impatient clients.",
    ),
    LogPattern(
        "calls.slow",
        contains="Slow gRPC call",
        means="The server took more than five seconds to answer.",
        remedy="Compare with the latency of the database and with the CPU that the host has left.",
        severity=Severity.WARNING,
        supports=(
            "frontend.latency_p99",
            "persistence.latency_p99",
            "history.backlog_age",
            "history.transition_latency_p99",
            "frontend.reachable",
        ),
    ),
    LogPattern(
        "calls.failed",
        contains="service failures",
        means="A request was answered with an error that is the server's fault.",
        remedy="Read the error behind it: the service that it names comes first.",
        severity=Severity.WARNING,
        supports=(
            *_REFUSED,
            "canary.success",
            "persistence.error_share",
            "persistence.write_error_share",
            "frontend.reachable",
        ),
    ),
    LogPattern(
        "calls.history_failed",
        contains="history client encountered error",
        means="The history service answered a call with an error.",
        remedy="Harmless where a task was started already; otherwise look at the history service.",
        supports=(*_REFUSED, "canary.success"),
    ),
    LogPattern(
        "calls.connection_refused",
        contains="connection refused",
        means="A process that should listen does not.",
        remedy="Find the target; check whether it runs, its health checks and security groups.",
        severity=Severity.WARNING,
        supports=(
            *_REFUSED,
            "frontend.reachable",
            "server.up_share",
            "persistence.error_share",
            "persistence.write_error_share",
            "canary.success",
        ),
    ),
    LogPattern(
        "calls.panic",
        expression=r"panic is captured|panic recovered|runtime error: ",
        means="The server's code failed in a way that nobody expected.",
        remedy="Keep the stack trace from the server's log, and look for a release that mends it.",
        severity=Severity.SEVERE,
        supports=(*_REFUSED, "history.task_error_share", "server.up_share"),
    ),
)
