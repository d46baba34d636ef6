"""Issues in SQL: opened, updated and resolved by the decisions that say so."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.explain.status import IssueRow
from sre_copilot.store.text import storable

if TYPE_CHECKING:
    import asyncpg

    from sre_copilot.store.connections import Pooled

# Decisions that waited for the store may arrive late: nothing goes back to better, earlier or open again.
FOLLOW = """
INSERT INTO issues (id, cluster, cause, service, severity, title, opened_at, updated_at, resolved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET
    severity = CASE WHEN issues.severity = 'critical' THEN issues.severity ELSE excluded.severity END,
    updated_at = GREATEST(issues.updated_at, excluded.updated_at),
    resolved_at = COALESCE(issues.resolved_at, excluded.resolved_at)
"""

# An observer that begins with an empty memory knows no issue that was open before.
FORGET = "UPDATE issues SET resolved_at = $2 WHERE cluster = $1 AND resolved_at IS NULL AND opened_at < $2"

FIELDS = "id, cause, service, severity, title, opened_at, updated_at, resolved_at"
# S608: only the constant above is put together with them.
OPEN = f"""
SELECT {FIELDS} FROM issues WHERE cluster = $1 AND resolved_at IS NULL ORDER BY opened_at DESC, id LIMIT $2
"""  # noqa: S608
ALL = f"""
SELECT {FIELDS} FROM issues WHERE cluster = $1 AND opened_at < $3 AND (resolved_at IS NULL OR resolved_at >= $2)
ORDER BY opened_at DESC, id LIMIT $4
"""  # noqa: S608


def issue_records(cluster: str, issues: Iterable[IssueRow]) -> list[tuple[object, ...]]:
    """Issues as they go into their table."""
    return [
        (
            uuid.UUID(issue.id),
            storable(cluster),
            storable(issue.cause),
            storable(issue.service),
            issue.severity,
            storable(issue.title),
            issue.opened_at,
            issue.updated_at,
            issue.resolved_at,
        )
        for issue in issues
    ]


async def follow(connection: Pooled, records: Sequence[tuple[object, ...]]) -> None:
    """Write what decisions say about issues, oldest decision first."""
    if records:
        await connection.executemany(FOLLOW, records)


async def forget(connection: Pooled, cluster: str, at: Instant) -> None:
    """Resolve what was open before a memory that began anew."""
    await connection.execute(FORGET, cluster, at)


async def open_issues(connection: Pooled, cluster: str, limit: int) -> tuple[IssueRow, ...]:
    """Open issues, newest first."""
    return tuple(_issue(row) for row in await connection.fetch(OPEN, cluster, limit))


async def issues_between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> tuple[IssueRow, ...]:
    """Issues that were open at some time in a span, newest first."""
    return tuple(_issue(row) for row in await connection.fetch(ALL, cluster, since, until, limit))


def _issue(row: asyncpg.Record) -> IssueRow:
    return IssueRow(
        str(row["id"]),
        row["cause"],
        row["service"],
        row["severity"],
        row["title"],
        row["opened_at"],
        row["updated_at"],
        row["resolved_at"],
    )
