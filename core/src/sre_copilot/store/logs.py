"""Log patterns in SQL: written once for each window, found by cluster and time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.summary import Oddities, PatternCount, WindowSummary
from sre_copilot.store.log_gates import gates_between
from sre_copilot.store.log_ids import pattern_id, window_id
from sre_copilot.store.rows import LoggedPattern, LogWindow
from sre_copilot.store.text import storable
from sre_copilot_hookspecs import Severity

if TYPE_CHECKING:
    import asyncpg

    from sre_copilot.store.connections import Pooled

GATES_EACH = 4
"""Gates beside a pattern that are read, on average: a trouble fires a handful, and most patterns accompany none."""

ADD_WINDOW = """
INSERT INTO log_windows (id, cluster, since, until, lines, unmatched, oddities, problems)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET until = excluded.until, lines = excluded.lines, unmatched = excluded.unmatched,
                               oddities = excluded.oddities, problems = excluded.problems
"""
# A reader that was lost after it wrote a window reads again from its beginning, and further: what it wrote
# before is part of what it writes then.
FORGET_PATTERNS = "DELETE FROM log_patterns WHERE window_id = $1"
ADD_PATTERN = """
INSERT INTO log_patterns (id, window_id, cluster, since, until, pattern, service, severity, lines, first_at, last_at,
                          template, sample, means, remedy, supports, is_new)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""
# A window that reaches into the span belongs to it.
PATTERNS = """
SELECT id, since, until, pattern, service, severity, lines, first_at, last_at, template, sample, means, remedy,
       supports, is_new
FROM log_patterns
WHERE cluster = $1 AND until > $2 AND until <= $3 AND ($4::text IS NULL OR service = $4)
ORDER BY until, id LIMIT $5
"""
WINDOWS = """
SELECT since, until, lines, unmatched, oddities, problems FROM log_windows
WHERE cluster = $1 AND until > $2 AND until <= $3 ORDER BY until LIMIT $4
"""
LATEST_WINDOW = """
SELECT since, until, lines, unmatched, oddities, problems FROM log_windows
WHERE cluster = $1 ORDER BY until DESC LIMIT 1
"""


async def add(connection: Pooled, cluster: str, summary: WindowSummary) -> None:
    """Write a window and its patterns, in place of one with the same beginning."""
    window = window_id(cluster, summary.since)
    await connection.execute(
        ADD_WINDOW,
        window,
        cluster,
        summary.since,
        summary.until,
        summary.lines,
        summary.unmatched,
        to_json(summary.oddities),
        json.dumps([storable(problem) for problem in summary.problems]),
    )
    await connection.execute(FORGET_PATTERNS, window)
    rows = [_pattern_row(window, cluster, summary, pattern) for pattern in summary.patterns]
    if rows:
        await connection.executemany(ADD_PATTERN, rows)


async def patterns_between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, service: str | None, limit: int
) -> tuple[LoggedPattern, ...]:
    """The first patterns of the windows that end in a span of time, oldest first, each with the gates beside it."""
    rows = await connection.fetch(PATTERNS, cluster, since, until, service, limit)
    if not rows:
        return ()
    gates = await gates_between(connection, cluster, since, until, limit * GATES_EACH)
    return tuple(_pattern(row, gates) for row in rows)


async def windows_between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> tuple[LogWindow, ...]:
    """The first windows that end in a span of time, oldest first."""
    return tuple(_window(row) for row in await connection.fetch(WINDOWS, cluster, since, until, limit))


async def latest_window(connection: Pooled, cluster: str) -> LogWindow | None:
    """The newest window."""
    row = await connection.fetchrow(LATEST_WINDOW, cluster)
    return None if row is None else _window(row)


def _pattern_row(window: uuid.UUID, cluster: str, summary: WindowSummary, pattern: PatternCount) -> Sequence[object]:
    return (
        pattern_id(cluster, summary.since, pattern.key, pattern.service),
        window,
        cluster,
        summary.since,
        summary.until,
        storable(pattern.key),
        storable(pattern.service),
        pattern.severity.value,
        pattern.count,
        pattern.first_at,
        pattern.last_at,
        storable(pattern.template),
        storable(pattern.sample),
        storable(pattern.means),
        storable(pattern.remedy),
        json.dumps(pattern.supports),
        pattern.new,
    )


def _pattern(row: asyncpg.Record, gates: Mapping[uuid.UUID, tuple[Attachment, ...]]) -> LoggedPattern:
    return LoggedPattern(
        row["since"],
        row["until"],
        PatternCount(
            key=row["pattern"],
            service=row["service"],
            severity=Severity(row["severity"]),
            count=row["lines"],
            template=row["template"],
            sample=row["sample"],
            first_at=row["first_at"],
            last_at=row["last_at"],
            means=row["means"],
            remedy=row["remedy"],
            supports=tuple(json.loads(row["supports"])),
            new=row["is_new"],
        ),
        gates.get(row["id"], ()),
    )


def _window(row: asyncpg.Record) -> LogWindow:
    return LogWindow(
        row["since"],
        row["until"],
        row["lines"],
        row["unmatched"],
        from_json(row["oddities"], Oddities),
        tuple(json.loads(row["problems"])),
    )
