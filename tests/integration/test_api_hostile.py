"""What nobody sends who means well: floods, half requests, bodies without end. The process stays small and answers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psutil
import pytest

from sre_copilot.api.protocol import LARGEST_HEAD
from tests.integration.decided import history
from tests.integration.served import Served, assert_problem, serving

MEGABYTE = 1024 * 1024
GET = b"GET /status HTTP/1.1\r\nHost: a\r\n"


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        async with serving(database, **options) as served, asyncio.timeout(60):
            await served.store.record(history("hs"))
            await scenario(served)
            assert (await served.get("/status")).status_code == 200

    asyncio.run(run())


async def sent(served: Served, *parts: bytes) -> tuple[int, bytes]:
    """What the server answers to raw bytes, and that it then ends the connection or waits for more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    try:
        for part in parts:
            try:
                writer.write(part)
                await writer.drain()
            except ConnectionError:
                break
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        head = answer.decode().lower()
        length = int(head.partition("content-length: ")[2].split("\r\n")[0])
        return int(answer.split()[1]), await asyncio.wait_for(reader.readexactly(length), 10)
    finally:
        writer.close()


def problem(answer: tuple[int, bytes], status: int) -> None:
    assert answer[0] == status
    document = json.loads(answer[1])
    assert document["status"] == status
    assert document["detail"]


def memory() -> int:
    return psutil.Process(os.getpid()).memory_info().rss


@pytest.mark.parametrize(
    "parts",
    [
        [GET, b"X: " + b"a" * 2 * LARGEST_HEAD + b"\r\n\r\n"],
        [GET, *[b"X-%d: a\r\n" % number for number in range(5000)], b"\r\n"],
        [b"GET /" + b"a" * 2 * LARGEST_HEAD],
        [GET, b"Cookie: " + b"a" * LARGEST_HEAD],
    ],
    ids=["one long", "many", "long path", "without end"],
)
def test_a_flood_of_headers_is_refused(database: str, parts: list[bytes]):
    async def scenario(served: Served) -> None:
        problem(await sent(served, *parts), 431)

    with_api(database, scenario)


def test_heads_are_counted_one_by_one(database: str):
    """A connection that is kept may carry any number of requests that are small."""

    async def scenario(served: Served) -> None:
        for _ in range(5):
            response = await served.client.get("/health", headers={"x": "a" * (LARGEST_HEAD // 2)})
            assert response.status_code == 200
        body = GET.replace(b"GET /status", b"POST /actions") + b"Content-Type: application/json\r\n"
        body += b"Content-Length: 60000\r\n\r\n" + b"[" + b"1," * 29_999 + b"]"[:1]
        problem(await sent(served, body), 400)

    with_api(database, scenario)


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"\x00\x01\x02\x03" * 10,
        b"GET /status\r\n\r\n",
        b"GET /status HTTP/9.9\r\n\r\n",
        b"GET /status HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /status HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /status HTTP/1.1\r\n: empty\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_not_http_is_a_problem_too(database: str, request_: bytes):
    async def scenario(served: Served) -> None:
        problem(await sent(served, request_), 400)

    with_api(database, scenario)


async def _endless(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield b"x" * MEGABYTE


def test_fifty_megabytes_are_turned_away_and_not_kept(database: str):
    async def scenario(served: Served) -> None:
        await served.get("/status")
        before = memory()
        head = b"POST /actions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        for _ in range(3):
            announced = head + b"Content-Length: %d\r\n\r\n" % (50 * MEGABYTE)
            problem(await sent(served, announced), 413)
            chunk = b"%x\r\n" % MEGABYTE + b"x" * MEGABYTE + b"\r\n"
            problem(await sent(served, head + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 50), 413)
        assert memory() - before < 20 * MEGABYTE

    with_api(database, scenario)


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/status/../../../etc/passwd",
        "/docs/..%5c..%5cwindows",
        "//etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/decisions/..%2f..%2fetc%2fpasswd",
        "/%00",
        "/status%00",
        "/%ff%fe",
    ],
)
def test_paths_lead_nowhere_else(database: str, path: str):
    async def scenario(served: Served) -> None:
        status, body = await sent(served, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert status in (400, 404)
        assert b"root:" not in body

    with_api(database, scenario)


def test_methods_of_all_kinds_are_refused(database: str):
    async def scenario(served: Served) -> None:
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LOCK", "HEAD"):
            response = await served.client.request(method, "/status")
            assert response.status_code in (400, 405), method
        assert_problem(await served.get("/actions"), 405, "POST")

    with_api(database, scenario)


def test_headers_of_all_kinds_break_nothing(database: str):
    values = (b"", b"*/*;q=nonsense", b"\xff\xfe", b"a" * 20_000, b"application/openmetrics-text;version=x", b",,;;==")

    async def scenario(served: Served) -> None:
        for name in (b"Accept", b"Authorization", b"Content-Type", b"Content-Length", b"Origin", b"Range", b"Cookie"):
            for text in values:
                if name == b"Content-Length" and len(text) > 100:
                    continue
                for path in (b"/metrics", b"/status", b"/actions"):
                    head = b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" + name + b": " + text + b"\r\n\r\n"
                    status, _ = await sent(served, head)
                    assert status < 500, (name, text[:20], path)

    with_api(database, scenario, cors_origins=["https://wall.example"])


def test_many_connections_that_say_nothing_do_not_stop_the_others(database: str):
    async def scenario(served: Served) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", served.server.port) for _ in range(200)]
        for _, writer in silent:
            writer.write(b"GET /sta")
        assert (await served.get("/status")).status_code == 200
        for _, writer in silent:
            writer.close()

    with_api(database, scenario)
