"""What is old goes, in portions that Aurora DSQL takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.store.clusters import all_clusters
from sre_copilot.store.readings import PRUNE_BLOCKS, hour_of
from sre_copilot.store.transactions import Transactions

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

PORTION = 500
"""Rows a transaction deletes; Aurora DSQL takes 3,000, and a small one rarely meets another writer."""

# Oldest first, so that an interrupted run leaves a history without holes.
STATEMENTS = (
    """
    DELETE FROM decisions WHERE id IN (
        SELECT id FROM decisions WHERE cluster = $1 AND at < $2 ORDER BY at LIMIT $3)
    """,
    """
    DELETE FROM state_changes WHERE decision_id IN (
        SELECT decision_id FROM state_changes WHERE cluster = $1 AND at < $2 ORDER BY at LIMIT $3)
    """,
    """
    DELETE FROM assessments WHERE id IN (
        SELECT id FROM assessments WHERE cluster = $1 AND at < $2 ORDER BY at LIMIT $3)
    """,
    """
    DELETE FROM issues WHERE id IN (
        SELECT id FROM issues WHERE cluster = $1 AND updated_at < $2 ORDER BY opened_at LIMIT $3)
    """,
    """
    DELETE FROM notifications WHERE id IN (
        SELECT id FROM notifications WHERE cluster = $1 AND at < $2 ORDER BY at LIMIT $3)
    """,
    """
    DELETE FROM log_pattern_gates WHERE id IN (
        SELECT id FROM log_pattern_gates WHERE cluster = $1 AND until < $2 ORDER BY until LIMIT $3)
    """,
    """
    DELETE FROM log_patterns WHERE id IN (
        SELECT id FROM log_patterns WHERE cluster = $1 AND until < $2 ORDER BY until LIMIT $3)
    """,
    """
    DELETE FROM log_windows WHERE id IN (
        SELECT id FROM log_windows WHERE cluster = $1 AND until < $2 ORDER BY until LIMIT $3)
    """,
)


async def prune(transactions: Transactions, before: Instant) -> int:
    """Delete what was decided, told and assessed before an instant, and return how many rows went.

    :raises StorageUnavailable: if the database cannot be reached; what is gone so far stays gone.
    """
    return sum(
        [
            await _prune_one(transactions, statement, cluster.name, before)
            for cluster in await transactions.read(all_clusters)
            for statement in STATEMENTS
        ]
    )


async def prune_readings(transactions: Transactions, before: Instant) -> int:
    """Delete packed readings from before an instant, and return how many rows went.

    :raises StorageUnavailable: if the database cannot be reached; what is gone so far stays gone.
    """
    return sum(
        [
            await _prune_one(transactions, PRUNE_BLOCKS, cluster.name, hour_of(before))
            for cluster in await transactions.read(all_clusters)
        ]
    )


async def _prune_one(transactions: Transactions, statement: str, cluster: str, before: Instant | int) -> int:
    async def delete(connection: Pooled) -> int:
        tag = await connection.execute(statement, cluster, before, PORTION)
        return int(tag.removeprefix("DELETE "))

    gone = 0
    while True:
        deleted = await transactions.write(delete)
        gone += deleted
        if deleted < PORTION:
            return gone
