"""How fast the API answers beside a constant route of the same size, with wrk on this machine. Needs wrk.

python -m pytest -q -n0 -s tests/benchmarks/bench_api.py
"""

from __future__ import annotations

import asyncio
import re
import shutil
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import falcon
import httpx2
import psutil
import pytest
from falcon.asgi import App, Request, Response
from whenever import Instant, TimeDelta

from sre_copilot.api import ApiServer, make_app
from sre_copilot.store import Store
from tests.integration.decided import Recorded, recorded

if shutil.which("wrk") is None:
    pytest.skip("needs wrk (Debian package wrk)", allow_module_level=True)

SIGNALS = 60
"""What the built-in plugins measure of one cluster, in round numbers."""
WEEK = 20_160
"""Cycles of 30 s in seven days."""
LEAST_SHARE = 0.6
SLOWEST = 0.020
SLOWEST_WEEK = 0.150
MEGABYTE = 1024 * 1024


def told(instant: Instant) -> Recorded:
    """A status as large as a real one."""
    receipt, status = recorded(instant=instant)
    row = status.primary_signals[0]
    rows = tuple(attrs.evolve(row, key=f"matching.signal_{n}") for n in range(SIGNALS))
    return receipt, attrs.evolve(status, primary_signals=rows, amplifiers=rows, cycle_seconds=30.0)


def report(line: str) -> None:
    """Show a figure."""
    sys.stdout.write(f"\n{line}")


class Constant:
    """Nothing but bytes."""

    def __init__(self, size: int) -> None:
        self.data = b"x" * size

    async def on_get(self, _request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_JSON
        response.data = self.data


async def wrk(url: str, *, seconds: int, connections: int = 32) -> float:
    """Requests a second."""
    process = await asyncio.create_subprocess_exec(
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    text = out.decode()
    assert "Non-2xx" not in text, text
    assert "Socket errors" not in text, text
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    assert found, text
    return float(found[1])


def measured(database: str, scenario: Callable[[Store, ApiServer, int], Awaitable[None]]) -> None:
    """Run a scenario with the API on a status of a real size."""

    async def run() -> None:
        async with await Store.open(database) as store:
            await store.migrate()
            await store.record([told(Instant.now())])
            async with await ApiServer.start(make_app(store)) as api, httpx2.AsyncClient() as client:
                size = len((await client.get(f"{api.url}/status")).content)
                await scenario(store, api, size)

    asyncio.run(run())


def test_status_beside_a_constant_route(database: str):
    async def scenario(_store: Store, api: ApiServer, size: int) -> None:
        app: App[Any, Any] = App()
        app.add_route("/constant", Constant(size))
        async with await ApiServer.start(app) as constant:
            shares = []
            for _ in range(3):
                plain = await wrk(f"{constant.url}/constant", seconds=3)
                ours = await wrk(f"{api.url}/status", seconds=3)
                shares.append(ours / plain)
                report(f"{size:,} bytes: constant {plain:,.0f}/s, /status {ours:,.0f}/s: {ours / plain:.0%}")
        assert statistics.median(shares) >= LEAST_SHARE

    measured(database, scenario)


async def asking(port: int, dues: list[float]) -> list[float]:
    """One connection that asks at given instants; seconds from each to the end of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for due in dues:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        # From when it was due, so that a slow answer does not hide those behind it.
        took.append(time.perf_counter() - due)
    writer.close()
    return took


def test_the_slowest_of_500_requests_a_second(database: str):
    async def scenario(_store: Store, api: ApiServer, _size: int) -> None:
        began = time.perf_counter() + 0.2
        dues = [[began + (turn * 25 + one) / 500 for turn in range(100)] for one in range(25)]
        took = [one for found in await asyncio.gather(*(asking(api.port, due) for due in dues)) for one in found]
        p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
        report(f"500 requests/s, client in the same process: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
        assert p99 < SLOWEST

    measured(database, scenario)


def test_a_week_in_one_answer(database: str):
    async def scenario(store: Store, api: ApiServer, _size: int) -> None:
        now = Instant.now()
        for first in range(0, WEEK, 500):
            await store.record(
                [recorded(instant=now - TimeDelta(seconds=30 * (WEEK - n))) for n in range(first, first + 500)]
            )
        start = (now - TimeDelta(hours=7 * 24)).format_iso()
        async with httpx2.AsyncClient(timeout=30) as client:
            for parameters in ({"step": "5m", "limit": "3000"}, {"limit": "25000"}):
                took = []
                for _ in range(5):
                    began = time.perf_counter()
                    response = await client.get(
                        f"{api.url}/status/timeline", params={"start": start, "cluster": "prod", **parameters}
                    )
                    took.append(time.perf_counter() - began)
                    assert response.status_code == 200
                rows = len(response.json())
                report(f"{parameters}: {rows:,} rows, {len(response.content):,} bytes in {min(took) * 1000:.0f} ms")
                if "step" in parameters:
                    assert min(took) < SLOWEST_WEEK

    measured(database, scenario)


def test_memory_over_many_requests(database: str):
    async def scenario(_store: Store, api: ApiServer, _size: int) -> None:
        process = psutil.Process()
        await wrk(f"{api.url}/status", seconds=3)
        before, asked = process.memory_info().rss, 0.0
        while asked < 200_000:
            asked += 10 * await wrk(f"{api.url}/status", seconds=10)
        grown = process.memory_info().rss - before
        report(f"{asked:,.0f} requests: {grown / MEGABYTE:+.1f} MiB")
        assert grown < 5 * MEGABYTE

    measured(database, scenario)
