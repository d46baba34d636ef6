"""The tables, made once, twice, and by several processes at once."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from sre_copilot.store import FixedDatabase, StorageUnavailable, Store
from sre_copilot.store.schema import MIGRATIONS
from tests.integration.decided import history

VERSIONS = tuple(migration.version for migration in MIGRATIONS)


def catalogue(url: str) -> set[str]:
    """Names of all tables and indexes of the copilot."""

    async def ask() -> set[str]:
        connection = await asyncpg.connect(url)
        try:
            found = await connection.fetch("select relname from pg_class where relnamespace = 'public'::regnamespace")
            return {row["relname"] for row in found}
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_migrating_again_does_nothing(database: str):
    async def scenario() -> None:
        async with await Store.open(database) as store:
            assert await store.migrate() == VERSIONS
            await store.record(history("hs"))
            assert await store.migrate() == ()
            assert await store.latest_status("prod") is not None

    asyncio.run(scenario())
    assert {"decisions", "state_changes", "rulesets", "clusters", "decisions_by_cluster"} <= catalogue(database)


@pytest.mark.parametrize("attempt", range(5))
def test_several_migrate_at_once(database: str, attempt: int):
    async def scenario() -> None:
        stores = [await Store.open(database, deadline=10) for _ in range(6)]
        try:
            await asyncio.gather(*(store.migrate() for store in stores))
            await asyncio.gather(*(store.record(history("hs")) for store in stores))
        finally:
            await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(scenario())


def test_an_interrupted_migration_is_completed(database: str):
    async def scenario() -> None:
        connection = await asyncpg.connect(database)
        for statement in MIGRATIONS[0].spelt(asynchronous_indexes=False)[:3]:
            await connection.execute(statement)
        await connection.close()
        async with await Store.open(database) as store:
            assert await store.migrate() == VERSIONS
            await store.record(history("hs"))

    asyncio.run(scenario())


def test_a_store_makes_its_tables_by_itself_when_asked(database: str):
    async def scenario() -> None:
        async with await Store.open(database, makes_tables=True) as store, asyncio.timeout(5):
            while True:
                try:
                    await store.record(history("hs"))
                except StorageUnavailable:
                    await asyncio.sleep(0.02)
                else:
                    break

    asyncio.run(scenario())


def test_indexes_are_asked_for_in_the_background_where_the_database_does_that(database: str):
    """PostgreSQL does not know the word: its refusal shows that it was said."""

    async def scenario() -> None:
        async with await Store.open(FixedDatabase(database, asynchronous_indexes=True)) as store:
            with pytest.raises(StorageUnavailable, match=r'syntax error at or near "IF"|"ASYNC"'):
                await store.migrate()

    asyncio.run(scenario())
