"""Which clusters are observed, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.store.rows import KnownCluster

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

ALL = "SELECT name, cycle_seconds, added_at, removed_at FROM clusters ORDER BY name"

# A row that would not change stays untouched: its readers and writers have no conflict over it.
REGISTER = """
INSERT INTO clusters (name, cycle_seconds, added_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET cycle_seconds = excluded.cycle_seconds, removed_at = NULL
WHERE clusters.cycle_seconds <> excluded.cycle_seconds OR clusters.removed_at IS NOT NULL
"""

REMOVE = "UPDATE clusters SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL"


async def all_clusters(connection: Pooled) -> tuple[KnownCluster, ...]:
    """Every cluster there ever was, by name."""
    return tuple(KnownCluster(**dict(row)) for row in await connection.fetch(ALL))


async def register(connection: Pooled, name: str, cycle_seconds: float, now: Instant) -> None:
    """Note that a cluster is observed, once more if it was removed."""
    await connection.execute(REGISTER, name, cycle_seconds, now)


async def remove(connection: Pooled, name: str, now: Instant) -> None:
    """Note that a cluster is not observed any more. What was decided about it stays."""
    await connection.execute(REMOVE, name, now)
