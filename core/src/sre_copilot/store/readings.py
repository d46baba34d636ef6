"""Readings in columns, in SQL: hours that are over are packed from their receipts, and kept much longer.

A cycle is recorded as ever, in one row of its own. Packing comes later, may be done again at any time and by any
worker, and ends in the same rows, so nothing that happens to it can cost a decision.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs
from whenever import Instant

from sre_copilot.health.columns import Columns, columnise
from sre_copilot.health.encoding import from_document
from sre_copilot.store.text import COLUMN_LIMIT
from sre_copilot_hookspecs import Reading

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

HOUR = 3600
"""Seconds of what is packed together."""
LONGEST_BLOCK = 120
"""Readings in a row of the table: an hour of half-minute cycles."""
LOOK_BACK = 24
"""Hours before the newest packed one that are counted again: decisions may arrive late, after an outage."""
BLOCKS_AT_ONCE = 24

_BLOCKS = uuid.UUID("0f6f1f1e-6d0b-4c0e-8f55-3a1b7c9d2e64")
"""An arbitrary namespace of our own for the ids below."""

NEWEST_HOUR = "SELECT max(hour) FROM reading_blocks WHERE cluster = $1"

RECORDED_HOURS = """
SELECT CAST(floor(extract(epoch FROM at) / 3600) AS integer) AS hour, count(*) AS cycles FROM decisions
WHERE cluster = $1 AND at >= $2 AND at < $3 GROUP BY 1 ORDER BY 1
"""

PACKED_HOURS = """
SELECT hour, CAST(sum(cycles) AS integer) AS cycles FROM reading_blocks
WHERE cluster = $1 AND hour >= $2 AND hour <= $3 GROUP BY hour ORDER BY hour
"""

FORGET_HOUR = "DELETE FROM reading_blocks WHERE cluster = $1 AND hour = $2"

ADD_BLOCK = """
INSERT INTO reading_blocks (id, cluster, hour, part, first_at, last_at, cycles, packed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
    cycles = excluded.cycles, packed = excluded.packed
"""

BLOCKS = """
SELECT hour, part, packed FROM reading_blocks
WHERE cluster = $1 AND hour >= $2 AND hour <= $3 AND (hour > $2 OR part > $4)
ORDER BY hour, part LIMIT $5
"""

PRUNE_BLOCKS = """
DELETE FROM reading_blocks WHERE id IN (
    SELECT id FROM reading_blocks WHERE cluster = $1 AND hour < $2 ORDER BY hour LIMIT $3)
"""


@attrs.frozen
class Block:
    """Readings of one hour, or of a part of it, as they go into the table."""

    hour: int
    part: int
    columns: Columns
    packed: str

    def row(self) -> tuple[object, ...]:
        """The values of :data:`ADD_BLOCK`."""
        columns = self.columns
        name = uuid.uuid5(_BLOCKS, f"{columns.cluster}\n{self.hour}\n{self.part}")
        first, last = columns.at[0], columns.at[-1]
        return name, columns.cluster, self.hour, self.part, first, last, len(columns), self.packed


def hour_of(instant: Instant) -> int:
    """The hour since 1970 that an instant is in."""
    return instant.timestamp() // HOUR


def start_of(hour: int) -> Instant:
    """When an hour since 1970 begins."""
    return Instant.from_timestamp(hour * HOUR)


def reading_of(receipt: str) -> Reading:
    """The reading in a receipt's JSON; the rest, which is the larger part, stays as it is."""
    return from_document(json.loads(receipt)["observation"]["reading"], Reading)


def blocks_of(hour: int, readings: Sequence[Reading]) -> tuple[Block, ...]:
    """The rows of one hour. A block that would not fit into a column is divided until it does."""
    made: list[Block] = []
    waiting = [readings[first : first + LONGEST_BLOCK] for first in range(0, len(readings), LONGEST_BLOCK)]
    while waiting:
        part = waiting.pop(0)
        columns = columnise(part)
        packed = base64.b64encode(columns.pack()).decode()
        if len(packed) > COLUMN_LIMIT and len(part) > 1:
            waiting[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            continue
        made.append(Block(hour, len(made), columns, packed))
    return tuple(made)


def unpacked(packed: str) -> Columns:
    """The readings of a row.

    :raises DamagedColumns: if they cannot be read.
    """
    return Columns.unpack(base64.b64decode(packed))


async def newest_hour(connection: Pooled, cluster: str) -> int | None:
    """The newest hour that is packed."""
    found: int | None = await connection.fetchval(NEWEST_HOUR, cluster)
    return found


async def recorded_hours(connection: Pooled, cluster: str, since: Instant, until: Instant) -> dict[int, int]:
    """How many decisions there are in each hour."""
    found = await connection.fetch(RECORDED_HOURS, cluster, since, until)
    return {row["hour"]: row["cycles"] for row in found}


async def packed_hours(connection: Pooled, cluster: str, first: int, last: int) -> dict[int, int]:
    """How many readings of each hour are packed."""
    return {row["hour"]: row["cycles"] for row in await connection.fetch(PACKED_HOURS, cluster, first, last)}


async def replace_hour(connection: Pooled, cluster: str, hour: int, blocks: Iterable[Block]) -> None:
    """Write an hour's blocks in place of those that are there."""
    await connection.execute(FORGET_HOUR, cluster, hour)
    await connection.executemany(ADD_BLOCK, [block.row() for block in blocks])


async def blocks_page(
    connection: Pooled, cluster: str, first: int, last: int, after: int
) -> list[tuple[int, int, str]]:
    """Hour, part and packed readings, from the one behind part ``after`` of the hour ``first`` on."""
    found = await connection.fetch(BLOCKS, cluster, first, last, after, BLOCKS_AT_ONCE)
    return [(row["hour"], row["part"], row["packed"]) for row in found]
