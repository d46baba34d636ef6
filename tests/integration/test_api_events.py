"""Server-sent events: what changes, as it changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sre_copilot.api.reference import document
from tests.integration.api_contract import assert_fits
from tests.integration.decided import CRITICAL, STRESSED, at, recorded
from tests.integration.postgres import Postgres
from tests.integration.served import Served, assert_problem, serving

SCHEMA = document()["components"]["schemas"]["ServedEvent"]


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with serving(database, **options) as served, asyncio.timeout(30):
            await scenario(served)

    asyncio.run(run())


class Follower:
    """Reads a stream, event by event, and holds each against the document."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, Any]]:
        found: dict[str, str] = {}
        async for line in self._lines:
            name, _, text = line.partition(": ")
            found[name] = text
            if not line and "data" in found:
                data = json.loads(found["data"])
                assert_fits(SCHEMA, data)
                return found["event"], data
        raise AssertionError("the stream ended")


@asynccontextmanager
async def following(served: Served, **parameters: str) -> AsyncIterator[Follower]:
    async with served.client.stream("GET", "/events", params=parameters) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Follower(response.aiter_lines())


def test_a_follower_hears_how_things_stand_and_then_what_changes(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, STRESSED)])
        async with following(served) as follower:
            kind, first = await follower.next()
            assert (kind, first["health_state"], first["before"]) == ("decision", "stressed", None)
            await served.store.record([recorded(1, STRESSED)])
            kind, second = await follower.next()
            assert (kind, second["decision"]) == ("decision", recorded(1, STRESSED)[1].id)
            await served.store.record([recorded(2, CRITICAL)])
            kind, third = await follower.next()
            assert (kind, third["before"], third["health_state"]) == ("state", "stressed", "critical")
            served.clock.now = at(6)
            kind, fourth = await follower.next()
            assert (kind, fourth["health_state"], fourth["last_known_state"]) == ("state", "unknown", "critical")
            assert fourth["stale"] is True

    with_api(database, scenario)


def test_a_cluster_can_be_followed_alone(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, STRESSED, cluster="eu"), recorded(0, CRITICAL, cluster="us")])
        async with following(served, cluster="us") as follower:
            assert (await follower.next())[1]["cluster"] == "us"
        async with following(served) as follower:
            assert {(await follower.next())[1]["cluster"] for _ in range(2)} == {"eu", "us"}
        assert_problem(await served.get("/events", cluster="mars"), 404, "mars")

    with_api(database, scenario)


def test_followers_are_bounded_and_leave_nothing_behind(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, STRESSED)])
        async with following(served) as one, following(served) as other:
            await asyncio.gather(one.next(), other.next())
            response = await served.get("/events")
            assert_problem(response, 503, "2 clients follow")
            assert response.headers["retry-after"] == "30"
        while (await served.get("/events", cluster="mars")).status_code != 404:
            await asyncio.sleep(0.05)
        async with following(served) as again:
            await again.next()

    with_api(database, scenario, most_streams=2)


def test_a_follower_hears_that_the_store_is_silent_and_back(mortal_postgres: Postgres):
    database = mortal_postgres.database()

    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, STRESSED)])
        async with following(served) as follower:
            await follower.next()
            await asyncio.to_thread(mortal_postgres.stop)
            try:
                _, silent = await follower.next()
                assert (silent["degraded"], silent["health_state"]) == (True, "stressed")
                assert silent["degraded_reason"]
            finally:
                await asyncio.to_thread(mortal_postgres.start)
            back = silent
            while back["degraded"]:
                _, back = await follower.next()

    with_api(database, scenario, deadline=1.0)


def test_a_server_that_stops_lets_its_followers_go(database: str, caplog: pytest.LogCaptureFixture):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, STRESSED)])
        async with following(served) as follower:
            await follower.next()
            async with asyncio.timeout(1.9):
                await served.server.stop()

    with_api(database, scenario)
    assert not caplog.records
