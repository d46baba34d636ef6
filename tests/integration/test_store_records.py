"""What the store keeps, and gives back, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import pytest
from whenever import Instant, TimeDelta

from sre_copilot.health.encoding import digest
from sre_copilot.store import StorageUnavailable, Store, TooLargeToStore
from tests.integration.decided import CRITICAL, HAPPY, NOON, at, history, recorded, ruleset

T = TypeVar("T")

FOREVER = NOON + TimeDelta(hours=24 * 365)


def with_store(url: str, scenario: Callable[[Store], Awaitable[T]]) -> T:
    """Run a scenario with a store whose tables are made."""

    async def run() -> T:
        async with await Store.open(url) as store:
            await store.migrate()
            return await scenario(store)

    return asyncio.run(run())


def rows(url: str, table: str) -> int:
    """How many rows a table has."""

    async def count() -> int:
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval(f"select count(*) from {table}"))
        finally:
            await connection.close()

    return asyncio.run(count())


def test_a_receipt_comes_back_as_it_was(database: str):
    receipt, status = recorded(0, CRITICAL, before=HAPPY, instant=NOON + TimeDelta(nanoseconds=123_456_789))

    async def scenario(store: Store) -> None:
        await store.record([(receipt, status)])
        assert [found async for found in store.receipts("prod", NOON, FOREVER)] == [receipt]
        assert await store.latest_status("prod") == status
        assert await store.latest_statuses() == {"prod": status}
        assert await store.status_at(status.id) == status
        assert await store.status_at(receipt.id) == status
        assert await store.last_memory("prod") == receipt.decision.memory

    with_store(database, scenario)


def test_recording_again_changes_nothing(database: str):
    cycles = history("hhsscc")

    async def scenario(store: Store) -> None:
        await store.record(cycles[:4])
        await store.record(cycles)
        await store.record(cycles + cycles)

    with_store(database, scenario)
    assert rows(database, "decisions") == 6
    assert rows(database, "state_changes") == 3


def test_state_changes_are_told_with_the_id_of_their_decision(database: str):
    cycles = history("hhsc")

    async def scenario(store: Store) -> None:
        await store.record(cycles)
        changes = await store.state_changes("prod", NOON, FOREVER, 10)
        assert [(change.before.value, change.after.value) for change in changes] == [
            ("unknown", "happy"),
            ("happy", "stressed"),
            ("stressed", "critical"),
        ]
        assert [change.at for change in changes] == [at(0), at(2), at(3)]
        assert changes[-1].decision_id == cycles[-1][1].id
        assert changes[-1].cause == "no workers"
        assert len(await store.state_changes("prod", NOON, FOREVER, 2)) == 2

    with_store(database, scenario)


def test_a_timeline_is_ascending_half_open_and_goes_on(database: str):
    cycles = history("hhhsss")

    async def scenario(store: Store) -> None:
        await store.record(list(reversed(cycles)))
        whole = await store.timeline("prod", at(1), at(5), 100)
        assert [row.at for row in whole.rows] == [at(1), at(2), at(3), at(4)]
        assert [row.changed for row in whole.rows] == [False, False, True, False]
        assert whole.preceding is not None
        assert whole.preceding.at == at(0)
        assert whole.next is None
        first = await store.timeline("prod", at(1), at(5), 3)
        assert first.next == at(4)
        second = await store.timeline("prod", at(4), at(5), 3)
        assert first.rows + second.rows == whole.rows

    with_store(database, scenario)


def test_receipts_come_in_pages(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sre_copilot.store.store.RECEIPTS_AT_ONCE", 4)
    cycles = history("h" * 10)

    async def scenario(store: Store) -> None:
        await store.record(cycles)
        found = [receipt async for receipt in store.receipts("prod", NOON, FOREVER)]
        assert found == [receipt for receipt, _ in cycles]
        assert [receipt async for receipt in store.receipts("prod", at(3), at(5))] == found[3:5]

    with_store(database, scenario)


def test_hundreds_at_once_are_written(database: str):
    with_store(database, lambda store: store.record(history("h" * 250)))
    assert rows(database, "decisions") == 250


def test_clusters_do_not_see_each_other(database: str):
    async def scenario(store: Store) -> None:
        await store.record(history("hs", "eu") + history("c", "us"))
        assert [row.state for row in (await store.timeline("eu", NOON, FOREVER, 9)).rows] == [
            "happy",
            "stressed",
        ]
        assert await store.latest_status("nowhere") is None
        assert await store.last_memory("nowhere") is None
        us = await store.latest_status("us")
        assert us is not None
        assert us.health_state == "critical"

    with_store(database, scenario)


def test_clusters_are_registered_removed_and_come_back(database: str):
    async def scenario(store: Store) -> None:
        await store.register_cluster("prod", 30.0)
        await store.register_cluster("prod", 10.0)
        await store.register_cluster("test", 30.0)
        assert [(one.name, one.cycle_seconds) for one in await store.clusters()] == [
            ("prod", 10.0),
            ("test", 30.0),
        ]
        assert await store.latest_statuses() == {"prod": None, "test": None}
        await store.remove_cluster("prod")
        assert [one.name for one in await store.clusters() if one.is_watched] == ["test"]
        assert list(await store.latest_statuses()) == ["test"]
        # A last decision that arrives late does not bring it back; only watching it does.
        await store.record(history("h"))
        assert list(await store.latest_statuses()) == ["test"]
        await store.register_cluster("prod", 10.0)
        assert all(one.is_watched for one in await store.clusters())

    with_store(database, scenario)


def test_rulesets_are_kept_once_and_found_by_digest(database: str):
    rules = ruleset()

    async def scenario(store: Store) -> None:
        await store.save_ruleset(rules)
        await store.save_ruleset(rules)
        assert await store.ruleset(digest(rules)) == rules
        assert await store.ruleset("0" * 64) is None

    with_store(database, scenario)
    assert rows(database, "rulesets") == 1


def test_pruning_takes_only_what_is_old(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sre_copilot.store.retention.PORTION", 3)

    async def scenario(store: Store) -> None:
        await store.record(history("h" * 9 + "s" * 3, "eu") + history("hhhhhhcc", "us"))
        assert await store.prune(at(7)) == (7 + 1) + (7 + 2)
        assert await store.prune(at(7)) == 0
        assert [row.at for row in (await store.timeline("us", NOON, FOREVER, 99)).rows] == [at(7)]
        assert [change.at for change in await store.state_changes("eu", NOON, FOREVER, 9)] == [at(9)]

    with_store(database, scenario)


@pytest.mark.parametrize(
    "instant",
    [
        Instant.from_utc(2026, 3, 1, 12, 0, 0, nanosecond=1_000),
        Instant.from_utc(2026, 3, 1, 12, 0, 0, nanosecond=999_999_000),
        Instant.from_utc(1999, 12, 31, 23, 59, 59, nanosecond=999_999_000),
        Instant.from_utc(1970, 1, 1),
        Instant.MIN,
        Instant.from_utc(9999, 12, 31, 23, 59, 59),
    ],
)
def test_instants_come_back_to_the_microsecond(database: str, instant: Instant):
    async def scenario(store: Store) -> None:
        await store.record([recorded(instant=instant)])
        (row,) = (await store.timeline("prod", instant, Instant.MAX, 2)).rows
        assert row.at == instant

    with_store(database, scenario)


def test_nanoseconds_are_cut_off_and_not_rounded(database: str):
    async def scenario(store: Store) -> None:
        await store.record([recorded(instant=NOON + TimeDelta(nanoseconds=999_999_999))])
        (row,) = (await store.timeline("prod", NOON, FOREVER, 2)).rows
        assert row.at == NOON + TimeDelta(nanoseconds=999_999_000)

    with_store(database, scenario)


def test_text_that_postgresql_refuses_does_not_block_the_rest(database: str):
    receipt, status = recorded(reason="log line with \x00 and \ud800")

    async def scenario(store: Store) -> None:
        await store.record([(receipt, status)])
        (row,) = (await store.timeline("prod", NOON, FOREVER, 2)).rows
        assert row.reason == "log line with  and ?"

    with_store(database, scenario)


def test_a_document_larger_than_a_column_is_named_and_nothing_is_written(database: str):
    small, large = recorded(0), recorded(1, reason="x" * 1024 * 1024)

    async def scenario(store: Store) -> None:
        with pytest.raises(TooLargeToStore, match=r"of cluster prod at 2026-03-01T12:00:30Z has 1,05") as caught:
            await store.record([small, large])
        assert caught.value.ids == (large[1].id,)

    with_store(database, scenario)
    assert rows(database, "decisions") == 0


def test_what_cannot_be_an_id_is_found_nowhere(database: str):
    async def scenario(store: Store) -> None:
        assert await store.status_at("'; drop table decisions") is None
        assert await store.status_at(uuid.uuid4()) is None

    with_store(database, scenario)


def test_a_database_without_tables_says_so(database: str):
    async def scenario() -> None:
        async with await Store.open(database) as store:
            with pytest.raises(StorageUnavailable, match="has no tables yet"):
                await store.latest_status("prod")
            with pytest.raises(StorageUnavailable, match="has no tables yet"):
                await store.record(history("h"))

    asyncio.run(scenario())
