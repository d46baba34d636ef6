"""The API on a real server and a real store, asked over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
from whenever import Instant, TimeDelta

from sre_copilot.api import ApiServer, make_app
from sre_copilot.store import Store
from tests.integration.api_contract import check_contract
from tests.integration.decided import NOON


@attrs.define
class HandSetClock:
    """Says what a test wants it to say."""

    now: Instant = NOON

    def __call__(self) -> Instant:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += TimeDelta(seconds=seconds)


@attrs.frozen
class Served:
    """A running API."""

    store: Store
    clock: HandSetClock
    server: ApiServer
    client: httpx2.AsyncClient

    async def get(self, path: str, **parameters: str) -> httpx2.Response:
        return await self.client.get(path, params=parameters)

    async def json(self, path: str, **parameters: str) -> Any:
        """The document at a path, which has to be there."""
        response = await self.get(path, **parameters)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()


def hearing(url: str, **options: Any) -> httpx2.AsyncClient:
    """A client that holds every answer against the API's own document."""
    return httpx2.AsyncClient(base_url=url, event_hooks={"response": [check_contract]}, **options)


@asynccontextmanager
async def serving(database: str, *, deadline: float = 3.0, **options: Any) -> AsyncIterator[Served]:
    """The API on a database with its tables, at any free port."""
    clock = HandSetClock()
    async with await Store.open(database, deadline=deadline) as store:
        await store.migrate()
        app = make_app(store, clock=clock, **options)
        async with await ApiServer.start(app) as server, hearing(server.url) as client:
            yield Served(store, clock, server, client)


def assert_problem(response: httpx2.Response, status: int, *words: str) -> None:
    """A problem document that says what is wrong."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert document["type"] == "about:blank"
    assert document["title"]
    for word in words:
        assert word in document["detail"]
