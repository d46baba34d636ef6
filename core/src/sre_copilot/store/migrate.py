"""Brings a database's tables up to date; two processes may do it at once, and any number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
from whenever import Instant

from sre_copilot.store.schema import MIGRATIONS, SCHEMA_MIGRATIONS, Migration
from sre_copilot.store.transactions import Transactions

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

APPLIED = "SELECT version FROM schema_migrations"
NOTE = """
INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""


async def migrate(transactions: Transactions, *, asynchronous_indexes: bool, now: Instant) -> tuple[int, ...]:
    """Apply every migration that is missing, and return their versions.

    :raises StorageUnavailable: if the database cannot be reached or refuses; what was done so far stays.
    """
    # Asked first: on every start but the first this is all, and needs no right to change the schema.
    applied = await transactions.read(_applied)
    missing = [migration for migration in MIGRATIONS if migration.version not in applied]
    if missing:
        await transactions.define(SCHEMA_MIGRATIONS)
    for migration in missing:
        for statement in migration.spelt(asynchronous_indexes=asynchronous_indexes):
            await transactions.define(statement)
        await _note(transactions, migration, now)
    return tuple(migration.version for migration in missing)


async def _applied(connection: Pooled) -> frozenset[int]:
    try:
        return frozenset(row["version"] for row in await connection.fetch(APPLIED))
    except asyncpg.UndefinedTableError:
        return frozenset()


async def _note(transactions: Transactions, migration: Migration, now: Instant) -> None:
    async def note(connection: Pooled) -> None:
        await connection.execute(NOTE, migration.version, migration.name, now)

    await transactions.write(note)
