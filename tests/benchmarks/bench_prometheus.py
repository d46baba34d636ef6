"""How long one cycle of all built-in signals takes against a local Prometheus, beside one query for each.

Asserted is what makes the difference on a slow network: one request, and so at most a third of the time of the
same signals asked one after the other, and at most a twentieth where each request takes 20 ms longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import attrs
import pytest
from whenever import Instant

from sre_copilot_hookspecs import Cluster, ReadRequest, Sample, Signal, TemporalConnection
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.integration.prometheus_server import Job, PrometheusServer, exposing, prometheus_server

SCRAPES = Path(__file__).parents[1] / "data" / "scrapes"
MEASURED = tuple(signal for signal in SIGNALS if signal.measure is not None)
LATENCY = 0.02


def recorded(name: str) -> str:
    return gzip.decompress((SCRAPES / f"{name}.prom.gz").read_bytes()).decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    texts = {role: recorded(f"steady.{role}.t60") for role in ("server", "worker")}
    with exposing({role: lambda text=text: text for role, text in texts.items()}) as at:  # type: ignore[misc]
        jobs = [Job("temporal", [at["server"]]), Job("workers", [at["worker"]])]
        with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs, interval="5s") as running:
            running.until("min(sum_over_time(up[1m])) >= 3")
            yield running


@attrs.define
class Proxy:
    """Passes connections on, each request and answer a little later; counts the requests."""

    port: int = 0
    delay: float = 0.0
    requests: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def proxy(target: str, delay: float) -> AsyncIterator[Proxy]:
    found = Proxy(delay=delay)
    host, port = target.removeprefix("http://").split(":")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, to_upstream = await asyncio.open_connection(host, int(port))

        async def forth() -> None:
            while chunk := await reader.read(1 << 20):
                # A new request begins with its method; its body may come in later chunks.
                if chunk.startswith((b"GET ", b"POST ")):
                    found.requests += 1
                    await asyncio.sleep(found.delay)
                to_upstream.write(chunk)
                await to_upstream.drain()
            to_upstream.close()

        async def back() -> None:
            while chunk := await upstream.read(1 << 20):
                writer.write(chunk)
                await writer.drain()
            writer.close()

        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(forth(), back())

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    found.port = listening.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        listening.close()


async def opened(url: str) -> PrometheusSource:
    source = PrometheusSource(DIALECTS)
    await source.open(Cluster("prod", TemporalConnection(), sections={PrometheusSettings: PrometheusSettings(url)}))
    return source


async def read(source: PrometheusSource, signals: Sequence[Signal]) -> int:
    """Read the signals; how many had a value."""
    reading = await source.read(ReadRequest(Instant.now(), "prod", tuple(signals), 30.0))
    return sum(isinstance(found, Sample) for found in reading.samples.values())


async def fastest(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    """The best of several times: whatever else the machine does only ever adds to one."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await work()
        times.append(time.perf_counter() - begun)
    return min(times)


async def one_by_one(source: PrometheusSource) -> None:
    """The same signals by the same source, which is asked for each of them alone."""
    for signal in MEASURED:
        await read(source, [signal])


async def compare(server: PrometheusServer, delay: float) -> tuple[int, float, float, int]:
    """Requests and seconds of one cycle, seconds one after the other, and how many signals had a value."""
    async with proxy(server.url, delay) as between:
        source = await opened(between.url)
        with_value = await read(source, MEASURED)  # finds out the dialects, too
        before = between.requests
        await read(source, MEASURED)
        requests = between.requests - before
        together = await fastest(lambda: read(source, MEASURED), 15)
        apart = await fastest(lambda: one_by_one(source), 3)
        await source.close()
        return requests, together, apart, with_value


@pytest.mark.parametrize(("delay", "most"), [(0.0, 1 / 3), (LATENCY, 1 / 20)])
def test_a_cycle_is_one_request(server: PrometheusServer, delay: float, most: float) -> None:
    requests, together, apart, with_value = asyncio.run(compare(server, delay))
    sys.stdout.write(
        f"\n{len(MEASURED)} signals, {with_value} with a value, {delay * 1000:.0f} ms added to each request: "
        f"{requests} request in {together * 1000:.0f} ms, one after the other {apart * 1000:.0f} ms "
        f"({together / apart:.3f}, at most {most:.3f})\n"
    )
    assert requests == 1
    assert together <= apart * most
