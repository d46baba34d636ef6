"""Lines about the database."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_FAILING = (
    "persistence.error_share",
    "persistence.write_error_share",
    "frontend.error_share",
    "frontend.start_acceptance",
    "history.task_error_share",
    "canary.success",
)

PERSISTENCE = (
    LogPattern(
        "persistence.database_locked",
        contains="database is locked",
        means="SQLite refuses a write because somebody else holds its lock.",
        remedy="Find who else writes to the file. SQLite serves one server for development, not production.",
        severity=Severity.SEVERE,
        supports=(*_FAILING, "persistence.latency_p99"),
    ),
    LogPattern(
        "persistence.operation_failed",
        expression=r"persistent (?:store|fetch) operation failure",
        means="A read or a write of workflow state failed.",
        remedy="Read the error behind it: it says whether the database, its limits or a deadline refused.",
        severity=Severity.WARNING,
        supports=_FAILING,
    ),
    LogPattern(
        "persistence.internal_error",
        contains="Operation failed with internal error",
        means="The database answered a statement with an error.",
        remedy="Read the error behind it, and look it up in the database's own log.",
        severity=Severity.WARNING,
        supports=(*_FAILING, "persistence.latency_p99"),
    ),
    LogPattern(
        "persistence.update_failed",
        contains="Update workflow execution operation failed",
        services=("history",),
        means="The new state of a workflow could not be stored; the task is tried again.",
        remedy="Harmless alone. With many of them look at the errors and the latency of the database.",
        supports=("persistence.error_share", "persistence.write_error_share", "history.task_error_share"),
    ),
    LogPattern(
        "persistence.rollback_failed",
        contains="transaction rollback error",
        means="A transaction was over before it could be taken back, as after a deadline or a paused process.",
        remedy="Look for the deadline or the pause that came before it.",
        supports=(
            "persistence.error_share",
            "persistence.write_error_share",
            "persistence.latency_p99",
            "frontend.reachable",
            "canary.success",
        ),
    ),
    LogPattern(
        "persistence.connection_lost",
        expression=r"driver: bad connection|connection reset by peer|broken pipe|unexpected EOF",
        means="A connection that was in use was closed by the other side.",
        remedy="Check restarts of the database, proxies in between, and how long connections may live.",
        severity=Severity.WARNING,
        supports=_FAILING,
    ),
)
