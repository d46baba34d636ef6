"""Conflicts, lost connections and a database that is down: real ones, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from sre_copilot.store import StorageUnavailable, Store
from sre_copilot.store.connections import Connections
from sre_copilot.store.database import FixedDatabase, place_of
from tests.integration.decided import at, history
from tests.integration.postgres import Postgres

DEADLINE = 1.5


async def eventually(happened: Callable[[], bool], within: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within):
        while not happened():
            await asyncio.sleep(0.02)


async def other_session(url: str, work: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    """Work on a connection that is not the store's."""
    connection = await asyncpg.connect(url)
    try:
        await work(connection)
    finally:
        await connection.close()


def test_a_serialization_conflict_is_tried_again(database: str):
    """Another session holds the row; its commit makes the store's update fail with 40001, for real."""
    refused: list[str] = []

    async def scenario() -> None:
        async with await Store.open(database) as store:
            await store.migrate()
            await store.register_cluster("prod", 30.0)
            _count_refusals(store, refused)

            async def collide(connection: asyncpg.Connection) -> None:
                async with connection.transaction():
                    await connection.execute("update clusters set cycle_seconds = 20 where name = 'prod'")
                    ours = asyncio.create_task(store.register_cluster("prod", 10.0))
                    await _until_blocked(database)
                await ours

            await other_session(database, collide)
            (cluster,) = await store.clusters()
            assert cluster.cycle_seconds == 10.0

    asyncio.run(scenario())
    assert refused == ["40001"]


def test_the_same_decision_recorded_by_two_at_once_is_kept_once(database: str):
    async def scenario() -> None:
        stores = [await Store.open(database) for _ in range(3)]
        try:
            await stores[0].migrate()
            cycles = history("hs" * 20)
            await asyncio.gather(*(store.record(cycles) for store in stores for _ in range(3)))
            assert len((await stores[0].timeline("prod", at(0), at(99), 999)).rows) == 40
        finally:
            await asyncio.gather(*(store.close() for store in stores))

    asyncio.run(scenario())


def test_a_conflict_that_does_not_end_is_a_sentence_within_the_deadline(database: str):
    async def scenario() -> None:
        async with await Store.open(database, deadline=0.5) as store:
            await store.migrate()
            await store.register_cluster("prod", 30.0)

            async def hold(connection: asyncpg.Connection) -> None:
                async with connection.transaction():
                    await connection.execute("update clusters set cycle_seconds = 20 where name = 'prod'")
                    began = time.monotonic()
                    with pytest.raises(StorageUnavailable, match="did not answer in time"):
                        await store.register_cluster("prod", 10.0)
                    assert time.monotonic() - began < 1.0

            await other_session(database, hold)
            await eventually(lambda: store.connected)
            await store.register_cluster("prod", 10.0)

    asyncio.run(scenario())


def test_connections_ended_by_the_server_are_replaced_within_a_call(database: str):
    async def scenario() -> None:
        async with await Store.open(database) as store:
            await store.migrate()

            async def end_all(connection: asyncpg.Connection) -> None:
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )

            await other_session(database, end_all)
            await store.record(history("hs"))
            await eventually(lambda: store.connected)

    asyncio.run(scenario())


def test_a_connection_lost_at_commit_leaves_each_decision_once(database: str):
    async def scenario() -> None:
        async with await Store.open(database) as store:
            await store.migrate()
            lost = _lose_the_first_commit(store)
            await store.record(history("hs"))
            assert lost == ["lost"]
            assert len((await store.timeline("prod", at(0), at(9), 9)).rows) == 2
            assert len(await store.state_changes("prod", at(0), at(9), 9)) == 2

    asyncio.run(scenario())


def test_a_database_that_is_down_stops_nobody_and_is_found_again(mortal_postgres: Postgres):
    url = mortal_postgres.database()

    async def scenario() -> None:
        async with await Store.open(url, deadline=DEADLINE) as store:
            await store.migrate()
            await store.record(history("h"))
            await asyncio.to_thread(mortal_postgres.stop)
            began = time.monotonic()
            with pytest.raises(StorageUnavailable, match=r"The store \(database test_.*cannot be reached"):
                await store.record(history("hs"))
            assert time.monotonic() - began < DEADLINE + 0.5
            assert not store.connected
            assert not await store.reachable()

            began = time.monotonic()
            with pytest.raises(StorageUnavailable):
                await store.latest_status("prod")
            assert time.monotonic() - began < 0.1, "a reader does not wait for what is known to be down"

            await asyncio.to_thread(mortal_postgres.start)
            await eventually(lambda: store.connected)
            await store.record(history("hs"))
            assert len((await store.timeline("prod", at(0), at(9), 9)).rows) == 2

    asyncio.run(scenario())


def test_a_store_opens_before_its_database(mortal_postgres: Postgres):
    url = mortal_postgres.database()

    async def scenario() -> None:
        await asyncio.to_thread(mortal_postgres.stop)
        async with await Store.open(url, makes_tables=True, deadline=DEADLINE) as store:
            with pytest.raises(StorageUnavailable):
                await store.migrate()
            await asyncio.to_thread(mortal_postgres.start)
            await eventually(lambda: store.connected)
            await store.record(history("hs"))

    asyncio.run(scenario())


def test_a_database_that_hangs_is_given_up_in_time(mortal_postgres: Postgres):
    url = mortal_postgres.database()

    async def scenario() -> None:
        async with await Store.open(url, deadline=DEADLINE) as store:
            await store.migrate()
            with mortal_postgres.frozen():
                for _ in range(2):
                    began = time.monotonic()
                    with pytest.raises(StorageUnavailable, match="did not answer in time"):
                        await store.record(history("h"))
                    assert time.monotonic() - began < DEADLINE + 0.5
            await eventually(lambda: store.connected)
            await store.record(history("h"))

    asyncio.run(scenario())


def test_closing_does_not_wait_for_a_database_that_hangs(mortal_postgres: Postgres):
    url = mortal_postgres.database()

    async def scenario() -> None:
        store = await Store.open(url, deadline=DEADLINE)
        await store.migrate()
        with mortal_postgres.frozen():
            began = time.monotonic()
            await store.close()
            assert time.monotonic() - began < 2.0

    asyncio.run(scenario())


def test_a_wrong_address_is_a_sentence_without_its_password():
    async def scenario() -> None:
        url = "postgresql://someone:hunter2@127.0.0.1:1/copilot"
        async with await Store.open(url, deadline=0.3) as store:
            with pytest.raises(StorageUnavailable, match=r"database copilot at 127\.0\.0\.1") as caught:
                await store.clusters()
            assert "hunter2" not in str(caught.value)

    asyncio.run(scenario())


def test_an_address_that_cannot_be_made_is_a_sentence():
    class NoCredentials:
        key = "aurora"
        asynchronous_indexes = True

        async def connection_url(self) -> str:
            raise RuntimeError("Unable to locate credentials")

    async def scenario() -> None:
        async with await Store.open(NoCredentials(), deadline=0.3) as store:
            with pytest.raises(StorageUnavailable, match=r"'aurora' .* Unable to locate credentials"):
                await store.clusters()

    asyncio.run(scenario())


def test_every_connection_gets_a_fresh_address_and_is_retired(database: str):
    asked: list[str] = []

    class Signed:
        key = "signed"
        asynchronous_indexes = False

        async def connection_url(self) -> str:
            asked.append("signed")
            return database

    async def scenario() -> None:
        connections = Connections(Signed())
        await connections.open()
        for _ in range(3):
            async with connections.one() as connection:
                await connection.execute("select 1")
        assert len(asked) == 1
        await connections.retire()
        async with connections.one() as connection:
            await connection.execute("select 1")
        assert len(asked) == 2
        await connections.close()

    asyncio.run(scenario())


def test_a_place_is_named_without_secrets():
    assert place_of("postgresql://me:secret@db.example:5432/copilot?sslmode=require") == (
        "database copilot at db.example"
    )
    assert place_of("postgresql://postgres:@/app?host=%2Frun%2Fpg") == "database app at /run/pg"
    assert FixedDatabase("postgresql://me:secret@db/x").__repr__().find("secret") == -1


def _count_refusals(store: Store, refused: list[str]) -> None:
    """Note what the database refuses, on its way to whoever decides what to do about it."""
    attempt = store._transactions._attempt

    async def noting(work, end):
        try:
            return await attempt(work, end)
        except asyncpg.PostgresError as error:
            refused.append(error.sqlstate)
            raise

    store._transactions._attempt = noting


def _lose_the_first_commit(store: Store) -> list[str]:
    """Let the first transaction be committed, and its connection end before anyone hears of it."""
    lost: list[str] = []
    attempt = store._transactions._attempt

    async def losing(work, end):
        done = await attempt(work, end)
        if not lost:
            lost.append("lost")
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return done

    store._transactions._attempt = losing
    return lost


async def _until_blocked(url: str) -> None:
    connection = await asyncpg.connect(url)
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    try:
        async with asyncio.timeout(5):
            while not await connection.fetchval(waiting):
                await asyncio.sleep(0.02)
    finally:
        await connection.close()
