"""Which gates a log pattern accompanied, in SQL: written when a decision is recorded, read with the patterns."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.store.log_ids import pattern_id
from sre_copilot.store.rows import AttachedWindow
from sre_copilot.store.text import storable

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

ADD_GATE = """
INSERT INTO log_pattern_gates (id, pattern_id, cluster, until, pattern, service, gate, fired_at, lag_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
"""
# By the patterns themselves: a window that was read again, and further, ends later than it did.
GATES = """
SELECT pattern_id, pattern, service, gate, fired_at, lag_seconds FROM log_pattern_gates
WHERE pattern_id IN (SELECT id FROM log_patterns WHERE cluster = $1 AND until > $2 AND until <= $3)
ORDER BY fired_at, gate LIMIT $4
"""


async def add(connection: Pooled, cluster: str, attached: Sequence[AttachedWindow]) -> None:
    """Write them, each once however often it is written."""
    rows = [_row(cluster, one) for one in attached]
    if rows:
        await connection.executemany(ADD_GATE, rows)


async def gates_between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> Mapping[uuid.UUID, tuple[Attachment, ...]]:
    """For the patterns of the windows that end in a span of time: their gates, in the order in which they fired."""
    found: dict[uuid.UUID, list[Attachment]] = defaultdict(list)
    for row in await connection.fetch(GATES, cluster, since, until, limit):
        found[row["pattern_id"]].append(
            Attachment(row["pattern"], row["service"], row["gate"], row["fired_at"], row["lag_seconds"])
        )
    return {pattern: tuple(gates) for pattern, gates in found.items()}


def _row(cluster: str, one: AttachedWindow) -> Sequence[object]:
    beside = one.beside
    pattern = pattern_id(cluster, one.since, beside.pattern, beside.service)
    return (
        uuid.uuid5(pattern, storable(f"{beside.gate}\n{beside.fired_at.format_iso()}")),
        pattern,
        cluster,
        one.until,
        storable(beside.pattern),
        storable(beside.service),
        storable(beside.gate),
        beside.fired_at,
        beside.lag_seconds,
    )
