"""Decisions and state changes in SQL: written with what they were made from, found by cluster and time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
from whenever import Instant

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.encoding import to_json
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import ENGINE
from sre_copilot.store.issues import follow, forget, issue_records
from sre_copilot.store.text import COLUMN_LIMIT, Oversized, refuse_oversized, storable

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

MOST_DECISIONS = 100
MOST_BYTES = 4 * 1024 * 1024
"""What one transaction writes at most: Aurora DSQL takes 3,000 rows and 10 MiB."""

ADD_DECISION = """
INSERT INTO decisions (id, cluster, at, state, before, band, mode, cause, reason, visibility, confidence,
                       cycle_seconds, changed, ruleset, engine, receipt, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT DO NOTHING
"""

ADD_STATE_CHANGE = """
INSERT INTO state_changes (decision_id, cluster, at, before, after, cause, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
"""

ADD_CLUSTER = """
INSERT INTO clusters (name, cycle_seconds, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


@attrs.frozen
class Written:
    """One decision as it goes into the tables."""

    id: uuid.UUID
    at: Instant
    cluster: str
    cycle_seconds: float
    decision: tuple[object, ...]
    state_change: tuple[object, ...] | None
    issues: tuple[tuple[object, ...], ...]
    begins: bool
    """The first decision of a memory that began anew."""
    size: int


def prepare(receipts: Sequence[tuple[Receipt, StatusDocument]]) -> list[Written]:
    """The rows of decisions, before anything is written.

    :raises TooLargeToStore: if a receipt or a status does not fit into a column.
    """
    made: list[Written] = []
    oversized: list[Oversized] = []
    for receipt, status in receipts:
        texts = {"receipt": storable(to_json(receipt)), "status": storable(to_json(status))}
        sizes = {name: len(text.encode()) for name, text in texts.items()}
        what = f"of cluster {receipt.decision.cluster} at {receipt.decision.at.format_iso()}"
        oversized += [
            Oversized(str(receipt.id), f"The {name} {what}", size)
            for name, size in sizes.items()
            if size > COLUMN_LIMIT
        ]
        made.append(_written(receipt, status, texts["receipt"], texts["status"], sum(sizes.values())))
    refuse_oversized(oversized)
    return made


def _written(receipt: Receipt, status: StatusDocument, kept: str, shown: str, size: int) -> Written:
    decision = receipt.decision
    cluster, cause, reason = map(storable, (decision.cluster, decision.cause.name, status.reason))
    row = (
        receipt.id,
        cluster,
        decision.at,
        decision.state.value,
        decision.before.value,
        decision.band.value,
        decision.mode.value,
        cause,
        reason,
        decision.visibility,
        decision.confidence,
        status.cycle_seconds,
        decision.changed,
        decision.ruleset,
        ENGINE,
        kept,
        shown,
    )
    change = (receipt.id, cluster, decision.at, decision.before.value, decision.state.value, cause, reason)
    return Written(
        receipt.id,
        decision.at,
        cluster,
        status.cycle_seconds,
        row,
        change if decision.changed else None,
        tuple(issue_records(cluster, status.issues)),
        decision.memory.cycles == 1,
        size,
    )


def in_portions(rows: Sequence[Written]) -> Iterator[list[Written]]:
    """Rows in portions of one transaction each, in their order."""
    portion: list[Written] = []
    size = 0
    for row in rows:
        if portion and (len(portion) == MOST_DECISIONS or size + row.size > MOST_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += row.size
    if portion:
        yield portion


async def insert(connection: Pooled, rows: Sequence[Written]) -> None:
    """Write decisions, their state changes, what they say about issues and, where it is new, their cluster."""
    newest = {row.cluster: row for row in rows}
    await connection.executemany(ADD_CLUSTER, [(row.cluster, row.cycle_seconds, row.at) for row in newest.values()])
    await connection.executemany(ADD_DECISION, [row.decision for row in rows])
    changes = [row.state_change for row in rows if row.state_change is not None]
    if changes:
        await connection.executemany(ADD_STATE_CHANGE, changes)
    for row in rows:
        if row.begins:
            await forget(connection, row.cluster, row.at)
    await follow(connection, [issue for row in rows for issue in row.issues])
