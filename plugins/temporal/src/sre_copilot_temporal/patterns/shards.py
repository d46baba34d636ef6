"""Lines about history shards. Most of them are at the level info."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_MOVES = ("history.shard_churn", "history.lock_failures")
_STUCK = (
    *_MOVES,
    "persistence.error_share",
    "persistence.write_error_share",
    "frontend.error_share",
    "history.task_error_share",
    "canary.success",
)
_HISTORY = ("history",)

SHARDS = (
    LogPattern(
        "shards.status_unknown",
        contains="shard status unknown",
        means="A write may or may not have been stored, so the shard stops until it has asked the database again.",
        remedy="Look at the database: its errors come first, and the shard recovers with it.",
        severity=Severity.WARNING,
        supports=(*_STUCK, "history.state_transitions", "frontend.start_acceptance"),
    ),
    LogPattern(
        "shards.acquired",
        expression=r"acquired shard|shard acquired",
        services=_HISTORY,
        means="A history process took over a shard.",
        remedy="Count them against deployments: without one, look for restarts and for a database that fails.",
        supports=_STUCK,
    ),
    LogPattern(
        "shards.released",
        expression=r"shard released|shard closed|close shard",
        services=_HISTORY,
        means="A history process gave a shard away.",
        remedy="Count them against deployments.",
        supports=_MOVES,
    ),
    LogPattern(
        "shards.range_updated",
        contains="Range updated for shardID",
        services=_HISTORY,
        means="A shard got a new lease in the database, as whenever it is acquired.",
        remedy="Expected at a start; at other times the shard had lost its lease.",
        supports=_STUCK,
    ),
    LogPattern(
        "shards.acquire_failed",
        contains="Error acquiring shard",
        services=_HISTORY,
        means="A shard cannot be taken over, and its workflows stand still meanwhile.",
        remedy="Read the error behind it; mostly the database refuses the write of the lease.",
        severity=Severity.SEVERE,
        supports=(*_STUCK, "history.state_transitions"),
    ),
    LogPattern(
        "shards.ownership",
        expression=r"shard ?ownership|shard is not owned|shard is owned by",
        services=_HISTORY,
        means="Shards change hands: a process wrote to one that another process owns by now.",
        remedy="Check restarts, processes that starve for CPU, and membership. Do not scale under load.",
        severity=Severity.WARNING,
        supports=_STUCK,
    ),
)
