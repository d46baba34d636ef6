"""A real Temporal server under load, read directly and through a real Prometheus at the same time.

The two scrape the same endpoints at different instants, each once a second. At either end of a window of 15 s
one of them may have seen a second more than the other, and within that second up to twice the mean: so a rate
may differ by 2 * 1 s * 2 / 15 s = 27 % of itself, and by two events where events are few. A share of two such
rates may differ by as much, a quantile by one step of its bucket ladder, and a gauge by what happens in a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from whenever import Instant

from sre_copilot_exposition.rate import Edition
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.source import ExpositionSource
from sre_copilot_hookspecs import (
    Cluster,
    Missing,
    MissingReason,
    Reading,
    ReadRequest,
    Sample,
    SeriesFloor,
    Signal,
    TemporalConnection,
    Unit,
)
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.integration.prometheus_server import Job, free_port, prometheus_server

# Two readers of a live server differ by when they look, and on a crowded machine by much.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.differential,
    pytest.mark.integration,
    pytest.mark.xdist_group("prometheus"),
]

TEMPORAL = Path(sys.executable).parent / "temporal"
WINDOW = 15
CYCLES = 19
OF_A_RATE = 2 * 1 * 2 / WINDOW
EVENTS = 2 / WINDOW
OFFERED = 8
"""Workflows that are started in a second; each makes a few tasks."""
LADDER = 5.0
"""The widest step between two bucket bounds of a server's timers, and of an SDK's."""


def _short(signal: Signal) -> Signal:
    assert signal.measure is not None
    measure = signal.measure.scaled(1e-9, at_least=WINDOW)
    floor = signal.floor and SeriesFloor(signal.floor.measure.scaled(1e-9, at_least=WINDOW), signal.floor.at_least)
    return attrs.evolve(signal, measure=measure, floor=floor)


MEASURED = tuple(_short(signal) for signal in SIGNALS if signal.measure is not None)


@contextlib.contextmanager
def running(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@contextlib.contextmanager
def temporal(folder: Path) -> Iterator[tuple[str, str]]:
    """Metrics endpoints of a server and of a worker that has something to do."""
    port, http, server, worker = (free_port() for _ in range(4))
    address = f"127.0.0.1:{port}"
    workload = [sys.executable, "-m"]
    start = ["server", "start-dev", "--ip", "127.0.0.1", "--headless", "--port", str(port), "--http-port", str(http)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(folder / "server.log", str(TEMPORAL), *start, "--metrics-port", str(server)))
        asyncio.run(_answering("127.0.0.1", port))
        metrics = f"127.0.0.1:{worker}"
        stack.enter_context(
            running(
                folder / "worker.log", *workload, "sre_copilot_local.workload.worker", address, "--metrics", metrics
            )
        )
        stack.enter_context(
            running(
                folder / "load.log",
                *workload,
                "sre_copilot_local.workload.load",
                address,
                "--run",
                "live",
                "--rate",
                "8",
            )
        )
        asyncio.run(_answering("127.0.0.1", worker))
        yield f"127.0.0.1:{server}", metrics


async def _answering(host: str, port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


async def read_both(server: str, worker: str, prometheus: str) -> tuple[Reading, Reading]:
    """What both sources say in the same second, after a whole window."""
    sections = {
        ExpositionSettings: ExpositionSettings((f"http://{server}/metrics",), (f"http://{worker}/metrics",)),
        PrometheusSettings: PrometheusSettings(prometheus),
    }
    cluster = Cluster("prod", TemporalConnection(), sections=sections)
    direct, asked = ExpositionSource(DIALECTS, edition=Edition.SECOND), PrometheusSource(DIALECTS)
    loop = asyncio.get_running_loop()
    for source in (direct, asked):
        await source.open(cluster)
    begun = loop.time()
    for cycle in range(CYCLES):
        first = await direct.read(ReadRequest(Instant.now(), "prod", MEASURED, 5.0))
        await asyncio.sleep(max(0.0, begun + cycle + 1 - loop.time()))
    first, second = await asyncio.gather(
        direct.read(ReadRequest(Instant.now(), "prod", MEASURED, 5.0)),
        asked.read(ReadRequest(Instant.now(), "prod", MEASURED, 5.0)),
    )
    for source in (direct, asked):
        await source.close()
    return first, second


def _difference(signal: Signal, one: Sample | Missing, other: Sample | Missing) -> str:
    missing = [each for each in (one, other) if isinstance(each, Missing)]
    if missing:
        # What happens less than once in a window may lie just inside the one and just outside the other.
        rare = len(missing) == 2 or missing[0].reason is MissingReason.NO_DATA
        return "" if rare else f"{one} | {other}"
    assert isinstance(one, Sample)
    assert isinstance(other, Sample)
    largest = max(abs(one.value), abs(other.value))
    apart = abs(one.value - other.value)
    if signal.unit is Unit.SECONDS:
        holds = largest <= LADDER * min(one.value, other.value) + 0.001
    elif signal.unit in (Unit.COUNT, Unit.BYTES):
        holds = apart <= max(0.5 * largest, 3)
    else:
        # A difference of two rates is as uncertain as they are, however small it is itself.
        holds = apart <= OF_A_RATE * max(largest, OFFERED if signal.unit is Unit.PER_SECOND else 0.5) + EVENTS
    return "" if holds else f"{one.value} | {other.value}"


def test_both_sources_say_the_same_of_a_real_server(tmp_path: Path) -> None:
    with temporal(tmp_path) as (server, worker):
        jobs = [Job("temporal", [server]), Job("workers", [worker])]
        with prometheus_server(tmp_path / "prometheus", jobs) as prometheus:
            direct, asked = asyncio.run(read_both(server, worker, prometheus.url))
    valued = sum(isinstance(found, Sample) for found in asked.samples.values())
    assert valued > 0.6 * len(MEASURED), dict(asked.missing())
    assert (direct.value("demand.workflow_starts") or 0) > 1
    alone = [key for key in asked.samples if (direct.sample(key) is None) is not (asked.sample(key) is None)]
    assert len(alone) <= 0.1 * len(MEASURED), alone
    found = {each.key: _difference(each, direct.samples[each.key], asked.samples[each.key]) for each in MEASURED}
    assert {key: each for key, each in found.items() if each} == {}
