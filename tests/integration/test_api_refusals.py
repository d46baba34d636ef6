"""Bad requests and bad addresses: a problem or a sentence, never a failure of the server."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import pytest

from sre_copilot.api import ApiServer, make_app
from sre_copilot.api.catalogue import ROUTES
from sre_copilot.store import Store
from sre_copilot_hookspecs import CopilotError
from tests.integration.decided import history
from tests.integration.served import Served, assert_problem, serving

PATHS = tuple(route.path for route in ROUTES if route.method == "GET" and "{" not in route.path)
PARAMETERS = [
    *((route.path, parameter.name) for route in ROUTES if route.path != "/events" for parameter in route.parameters),
    *((path, "unheard-of") for path in ("/clusters", "/metrics", "/health")),
]
NASTY = (
    "\x00",
    "'; drop table decisions; --",
    "../../etc/passwd",
    "%",
    "x" * 5000,
    "\u202e",
    "\n",
    "{}",
    "null",
    "-1",
)


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with serving(database, **options) as served:
            await served.store.record(history("hs"))
            await scenario(served)

    asyncio.run(run())


BAD_PARAMETERS = (
    ("start=yesterday", ("start", "'yesterday' is not understood")),
    ("end=2026-13-01T00:00:00Z", ("end", "is not understood")),
    ("start=1772366400", ("milliseconds",)),
    ("start=999999999999999999", ("is not understood",)),
    ("start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z", ("is not before end",)),
    ("start=9999-12-31T23:59:59Z", ("is not before end",)),
    ("end=0001-01-01T00:00:00Z", ("no calendar",)),
    ("limit=0", ("limit", "whole number from 1 to 25000")),
    ("limit=1000000000", ("limit",)),
    ("limit=ten", ("limit",)),
    ("step=0", ("step", "30s, 5m or 1h")),
    ("step=1s&start=2016-03-01T00:00:00Z&end=2026-03-01T00:00:00Z", ("step", "steps of 1 s")),
    ("limit=1&limit=2", ("more than once",)),
    ("cluster=a&cluster=b", ("more than once",)),
)


def test_a_bad_parameter_is_named(database: str):
    async def scenario(served: Served) -> None:
        for query, words in BAD_PARAMETERS:
            assert_problem(await served.client.get(f"/status/timeline?{query}"), 400, *words)

    with_api(database, scenario)


def test_nothing_that_is_sent_breaks_it(database: str, caplog: pytest.LogCaptureFixture):
    async def scenario(served: Served) -> None:
        for path, name in PARAMETERS:
            for text in (*(quote(nasty) for nasty in NASTY), "%ff%fe", "+", "&&&=", "%"):
                response = await served.client.get(f"{path}?{name}={text}")
                assert response.status_code in (200, 400, 404), f"{path}?{name}={text}: {response.text}"
        for text in NASTY:
            assert_problem(await served.client.get("/" + quote(text, safe="")), 404)
        assert (await served.get("/status", cluster="prod")).status_code == 200

    with caplog.at_level(logging.ERROR):
        with_api(database, scenario)
    assert not caplog.records


def test_unknown_paths_say_which_there_are(database: str):
    async def scenario(served: Served) -> None:
        assert_problem(await served.get("/statsu"), 404, "/statsu", "/status/timeline")

    with_api(database, scenario)


def test_a_wrong_method_says_which_is_right(database: str):
    async def scenario(served: Served) -> None:
        for path, method in itertools.product(PATHS, ("POST", "PUT", "DELETE", "PATCH")):
            response = await served.client.request(method, path, content=b"{}")
            assert_problem(response, 405, "GET")
            assert "GET" in response.headers["allow"]

    with_api(database, scenario)


def test_a_large_body_is_turned_away(database: str):
    async def scenario(served: Served) -> None:
        response = await served.client.request("GET", "/status", content=b"x" * 100_000)
        assert_problem(response, 413, "65,536 bytes")

    with_api(database, scenario)


def test_browsers_elsewhere_may_read_only_where_it_was_allowed(database: str):
    async def scenario(served: Served) -> None:
        for origin, expected in (
            ("https://ui.example", "https://ui.example"),
            ("https://evil.example", None),
        ):
            response = await served.client.get("/status", headers={"origin": origin})
            assert response.headers.get("access-control-allow-origin") == expected

    with_api(database, scenario, cors_origins=["https://ui.example"])


def test_a_bug_is_a_problem_and_its_traceback_is_in_the_log(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("sre_copilot.api.rendering.fresh_fields", broken)

    async def scenario(served: Served) -> None:
        response = await served.get("/status/gates")
        assert_problem(response, 500, "log")
        assert "secret" not in response.text

    with_api(database, scenario)
    assert any(record.exc_info and "a secret detail" in str(record.exc_info[1]) for record in caplog.records)


def test_a_port_in_use_is_one_sentence(database: str):
    async def scenario(served: Served) -> None:
        app = make_app(served.store)
        with pytest.raises(CopilotError, match=rf"cannot listen on 127.0.0.1:{served.server.port}: another"):
            await ApiServer.start(app, port=served.server.port)

    with_api(database, scenario)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "x" * 300])
def test_an_address_that_is_not_ours_is_one_sentence(host: str):
    async def scenario() -> None:
        with pytest.raises(CopilotError, match="The API cannot listen on"):
            await ApiServer.start(make_app(_unopened()), host=host, port=0)

    asyncio.run(scenario())


def test_a_server_stops_at_once_although_clients_keep_their_connections(database: str):
    async def run() -> None:
        async with serving(database) as served:
            await served.json("/health")
            port = served.server.port
            async with asyncio.timeout(1.5):
                await served.server.stop()
                await served.server.stop()
            with socket.create_server(("127.0.0.1", port)):
                pass

    asyncio.run(run())


def test_a_server_leaves_signals_to_their_owner(database: str):
    import signal

    heard: list[str] = []

    async def run() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: heard.append("SIGTERM"))
        async with serving(database) as served:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
            assert (await served.json("/health")) == {"status": "ok"}

    asyncio.run(run())
    assert heard == ["SIGTERM"]


def _unopened() -> Store:
    return Store("postgresql://nobody@127.0.0.1:1/nothing")
