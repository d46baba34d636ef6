"""Questions about what was decided, each one statement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.encoding import from_json
from sre_copilot.health.receipt import Receipt
from sre_copilot.store.rows import ClusterHead, Stretch, Stretches, Timeline, TimelineRow
from sre_copilot_hookspecs import HealthState, StateChange

if TYPE_CHECKING:
    import asyncpg

    from sre_copilot.store.connections import Pooled

LATEST_STATUS = "SELECT status FROM decisions WHERE cluster = $1 ORDER BY at DESC LIMIT 1"
LATEST_RECEIPT = "SELECT receipt FROM decisions WHERE cluster = $1 ORDER BY at DESC LIMIT 1"
STATUS_BEFORE = "SELECT status FROM decisions WHERE cluster = $1 AND at <= $2 ORDER BY at DESC LIMIT 1"
STATUS_AT = "SELECT status FROM decisions WHERE id = $1"

LATEST_STATUSES = """
SELECT c.name,
       (SELECT d.status FROM decisions d WHERE d.cluster = c.name ORDER BY d.at DESC LIMIT 1) AS status
FROM clusters c
WHERE c.removed_at IS NULL
ORDER BY c.name
"""

HEADS = """
SELECT c.name, c.cycle_seconds, c.added_at, c.removed_at,
       (SELECT d.id FROM decisions d WHERE d.cluster = c.name ORDER BY d.at DESC LIMIT 1) AS decision,
       (SELECT a.id FROM assessments a WHERE a.cluster = c.name ORDER BY a.at DESC LIMIT 1) AS assessment
FROM clusters c
ORDER BY c.name
"""

SHORT = "id, at, state, before, cause, reason, visibility, mode, band, cycle_seconds, ruleset"
# S608: only the constant above is put together with them.
TIMELINE = f"""
SELECT {SHORT} FROM decisions WHERE cluster = $1 AND at >= $2 AND at < $3 ORDER BY at LIMIT $4
"""  # noqa: S608
PRECEDING = f"""
SELECT {SHORT} FROM decisions WHERE cluster = $1 AND at < $2 ORDER BY at DESC LIMIT 1
"""  # noqa: S608

LAST = f"""
SELECT {SHORT} FROM decisions WHERE cluster = $1 AND at >= $2 AND at < $3 ORDER BY at DESC LIMIT 1
"""  # noqa: S608
# The decisions at which something changed, or before which $4 cycles were missed.
STRETCHES = """
SELECT id, at, state, cause, reason, cycle_seconds, before_at, before_cycle FROM (
    SELECT id, at, state, cause, reason, cycle_seconds,
           lag(at) OVER w AS before_at, lag(cycle_seconds) OVER w AS before_cycle,
           lag(state) OVER w AS before_state, lag(cause) OVER w AS before_cause
    FROM decisions WHERE cluster = $1 AND at >= $2 AND at < $3
    WINDOW w AS (ORDER BY at)
) AS decided
WHERE before_at IS NULL OR state <> before_state OR cause <> before_cause
   OR extract(epoch FROM at - before_at)::float8 > $4::float8 * before_cycle
ORDER BY at
"""

# The last decision of each step that has one.
STATUSES = """
SELECT status FROM decisions WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY floor(extract(epoch FROM at - $2::timestamptz)::float8 * 1000 / $4::float8)
            ORDER BY at DESC) AS place
        FROM decisions WHERE cluster = $1 AND at >= $2 AND at < $3
    ) AS stepped WHERE place = 1
) ORDER BY at
"""

STATE_CHANGES = """
SELECT decision_id, cluster, at, before, after, cause, reason FROM state_changes
WHERE cluster = $1 AND at >= $2 AND at < $3 ORDER BY at LIMIT $4
"""

RECEIPTS = """
SELECT id, at, engine, receipt FROM decisions
WHERE cluster = $1 AND at >= $2 AND at < $3 AND (at > $2 OR id > $4)
ORDER BY at, id LIMIT $5
"""


async def latest_status(connection: Pooled, cluster: str) -> StatusDocument | None:
    """The status of the newest decision."""
    return _status(await connection.fetchval(LATEST_STATUS, cluster))


async def latest_statuses(connection: Pooled) -> dict[str, StatusDocument | None]:
    """The newest status of every watched cluster, ``None`` where nothing was decided yet."""
    return {row["name"]: _status(row["status"]) for row in await connection.fetch(LATEST_STATUSES)}


async def heads(connection: Pooled) -> tuple[ClusterHead, ...]:
    """Every cluster there ever was, by name, with the id of its newest decision."""
    return tuple(
        ClusterHead(
            row["name"],
            row["cycle_seconds"],
            row["added_at"],
            row["removed_at"],
            None if row["decision"] is None else str(row["decision"]),
            None if row["assessment"] is None else str(row["assessment"]),
        )
        for row in await connection.fetch(HEADS)
    )


async def stretches(
    connection: Pooled, cluster: str, since: Instant, until: Instant, missed_cycles: float
) -> Stretches:
    """The decisions of a span of time, put together where they say the same."""
    found = await connection.fetch(STRETCHES, cluster, since, until, missed_cycles)
    preceding = await connection.fetchrow(PRECEDING, cluster, since)
    last = await connection.fetchrow(LAST, cluster, since, until)
    return Stretches(
        tuple(
            Stretch(
                row["at"],
                row["state"],
                row["cause"],
                row["reason"],
                row["cycle_seconds"],
                str(row["id"]),
                row["before_at"],
                row["before_cycle"],
            )
            for row in found
        ),
        None if preceding is None else _short(preceding),
        None if last is None else _short(last),
    )


async def stepped_statuses(
    connection: Pooled, cluster: str, since: Instant, until: Instant, step: float
) -> tuple[str, ...]:
    """The JSON of the last status in each step of a span of time that has one, oldest first."""
    found = await connection.fetch(STATUSES, cluster, since, until, step)
    return tuple(row["status"] for row in found)


async def latest_receipt(connection: Pooled, cluster: str) -> Receipt | None:
    """The receipt of the newest decision."""
    text = await connection.fetchval(LATEST_RECEIPT, cluster)
    return None if text is None else from_json(text, Receipt)


async def status_before(connection: Pooled, cluster: str, at: Instant) -> StatusDocument | None:
    """The status of the newest decision at or before an instant."""
    return _status(await connection.fetchval(STATUS_BEFORE, cluster, at))


async def status_at(connection: Pooled, decision: uuid.UUID) -> StatusDocument | None:
    """The status that was written with one decision."""
    return _status(await connection.fetchval(STATUS_AT, decision))


async def timeline(connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int) -> Timeline:
    """The first decisions of a span of time, at most ``limit``."""
    found = await connection.fetch(TIMELINE, cluster, since, until, limit + 1)
    preceding = await connection.fetchrow(PRECEDING, cluster, since)
    return Timeline(
        tuple(_short(row) for row in found[:limit]),
        None if preceding is None else _short(preceding),
        found[limit]["at"] if len(found) > limit else None,
    )


async def state_changes(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> tuple[StateChange, ...]:
    """The first state changes of a span of time, at most ``limit``."""
    found = await connection.fetch(STATE_CHANGES, cluster, since, until, limit)
    return tuple(
        StateChange(
            row["at"],
            row["cluster"],
            HealthState(row["before"]),
            HealthState(row["after"]),
            row["cause"],
            row["reason"],
            str(row["decision_id"]),
        )
        for row in found
    )


async def receipts_page(
    connection: Pooled, cluster: str, since: Instant, until: Instant, after: uuid.UUID, limit: int
) -> Sequence[asyncpg.Record]:
    """Receipts as text, from the one behind ``after`` at ``since`` on."""
    return await connection.fetch(RECEIPTS, cluster, since, until, after, limit)


def _status(text: str | None) -> StatusDocument | None:
    return None if text is None else from_json(text, StatusDocument)


def _short(row: asyncpg.Record) -> TimelineRow:
    return TimelineRow(
        str(row["id"]),
        row["at"],
        row["state"],
        row["before"],
        row["cause"],
        row["reason"],
        row["visibility"],
        row["mode"],
        row["band"],
        row["cycle_seconds"],
        row["ruleset"],
    )
