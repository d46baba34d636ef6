"""Lines about Aurora DSQL and the connections to it, from a Temporal server that keeps its data there."""

from __future__ import annotations

from sre_copilot_hookspecs import LogParser, LogPattern, Severity

_FAILING = (
    "persistence.error_share",
    "persistence.write_error_share",
    "frontend.error_share",
    "frontend.start_acceptance",
)
_WAITING = (*_FAILING, "persistence.latency_p99", "frontend.latency_p99")
_CONNECTIONS = (*_WAITING, "dsql.pool_used", "dsql.checkout_p95", "dsql.empty", "dsql.churn")

PATTERNS = (
    LogPattern(
        "dsql.conflict",
        expression=r"sqlstate 40001|\bOC000\b|serialization failure|could not serialize access",
        means="Two transactions wrote the same row, and the later one must be done again (optimistic concurrency).",
        remedy="Retries with jitter absorb it. If it lasts, find the hot key and spread writes over keys and shards.",
        severity=Severity.WARNING,
        supports=(*_WAITING, "persistence.update_conflicts", "dsql.conflicts", "dsql.conflicts_exhausted"),
    ),
    LogPattern(
        "dsql.schema_changed",
        expression=r"\bOC001\b",
        means="The schema changed under a session, whose transaction must be done again.",
        remedy="Retry; run migrations when there is little to do.",
        severity=Severity.WARNING,
        supports=_FAILING,
    ),
    LogPattern(
        "dsql.connection_quota",
        expression=r"sqlstate 53300|too many connections",
        means="The cluster's quota of connections is used up.",
        remedy="Make the pools smaller, or raise the quota.",
        severity=Severity.SEVERE,
        supports=_CONNECTIONS,
    ),
    LogPattern(
        "dsql.connection_rate",
        expression=r"sqlstate 53400|connect\w* rate (?:limit )?exceeded|connection rate limit",
        means="Connections are opened faster than the cluster allows.",
        remedy="Open fewer per process or share one limiter, and stagger the starts of processes.",
        severity=Severity.WARNING,
        supports=_CONNECTIONS,
    ),
    LogPattern(
        "dsql.transaction_limit",
        expression=r"sqlstate 54000",
        means="A transaction is larger or older than the database allows.",
        remedy="Write smaller batches.",
        severity=Severity.WARNING,
        supports=_FAILING,
    ),
    LogPattern(
        "dsql.access_denied",
        contains="access denied",
        means="The token or its permission was refused.",
        remedy="Check dsql:DbConnect or dsql:DbConnectAdmin of the role, the age of tokens and the clock.",
        severity=Severity.SEVERE,
        supports=(*_FAILING, "canary.success"),
    ),
    LogPattern(
        "dsql.reservoir_discard",
        contains="reservoir discard",
        services=("history",),
        means="Connections that were ready were thrown away because they were about to expire.",
        remedy="Check lifetime and guard window; many at once mean that connections die early.",
        supports=_CONNECTIONS,
    ),
    LogPattern(
        "dsql.pool_exhausted",
        contains="pool exhausted",
        means="Every connection of the pool is busy, so statements wait for one.",
        remedy="Find slow statements; raise maxConns only as far as the cluster's quota allows.",
        severity=Severity.WARNING,
        supports=_CONNECTIONS,
    ),
)

PARSER = LogParser("dsql", PATTERNS)
