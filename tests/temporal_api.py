"""Builders for tests of the source that asks a Temporal frontend."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from temporalio.client import Client
from whenever import Instant

from sre_copilot_hookspecs import Cluster, Reading, ReadRequest, Signal, TemporalConnection, Unit, Worst
from sre_copilot_temporal.api.source import TemporalApiSource
from sre_copilot_temporal.settings import TemporalSettings

BINARY = Path(sys.executable).parent / "temporal"

_QUEUE = ("namespace", "task_type", "taskqueue")

_SHAPES: dict[str, tuple[Unit, tuple[str, ...], Worst | None]] = {
    "frontend.reachable": (Unit.COUNT, (), None),
    "frontend.probe_latency": (Unit.SECONDS, (), None),
    "matching.backlog": (Unit.COUNT, _QUEUE, Worst.SUM),
    "matching.backlog_age": (Unit.SECONDS, _QUEUE, Worst.HIGHEST),
    "matching.api_add_rate": (Unit.PER_SECOND, _QUEUE, Worst.SUM),
    "matching.api_dispatch_rate": (Unit.PER_SECOND, _QUEUE, Worst.SUM),
    "workers.pollers": (Unit.COUNT, _QUEUE, Worst.LOWEST),
    "workers.running": (Unit.COUNT, (), None),
    "workers.reported_slots_available": (Unit.COUNT, ("kind", "namespace", "taskqueue"), Worst.LOWEST),
    "workflows.running": (Unit.COUNT, ("namespace",), Worst.SUM),
    "workflows.stuck": (Unit.COUNT, ("namespace",), Worst.SUM),
}


def probed(key: str, cap: int = 50) -> Signal:
    """A signal that the source knows, shaped as the plugin declares it."""
    unit, dimensions, worst = _SHAPES.get(key, (Unit.COUNT, (), None))
    return Signal(
        key=key,
        category="primary",
        service="frontend",
        unit=unit,
        asks="What does the API say?",
        probe="temporal_api",
        dimensions=dimensions,
        worst=worst,
        cap=cap,
    )


SIGNALS = tuple(probed(key) for key in _SHAPES)


def watched(
    address: str,
    *,
    namespaces: tuple[str, ...] = ("default",),
    task_queues: tuple[str, ...] = (),
    connection: TemporalConnection | None = None,
    settings: TemporalSettings | None = None,
) -> Cluster:
    """A cluster named ``prod`` behind ``address``."""
    return Cluster(
        "prod",
        connection or TemporalConnection(address),
        namespaces=namespaces,
        task_queues=task_queues,
        sections={TemporalSettings: settings or TemporalSettings()},
    )


class Asked:
    """An opened source for one cluster."""

    def __init__(self, source: TemporalApiSource) -> None:
        self._source = source

    async def read(self, *signals: Signal, deadline: float = 6.0, at: Instant | None = None) -> Reading:
        """Ask for ``signals``, or for everything the source knows."""
        request = ReadRequest(at or Instant.now(), "prod", signals or SIGNALS, deadline)
        return await self._source.read(request)

    async def until(self, holds: Callable[[Reading], bool], *, within: float = 30.0) -> Reading:
        """Read again and again until a reading is as it should be."""
        ends = time.monotonic() + within
        while True:
            reading = await self.read()
            if holds(reading):
                return reading
            assert time.monotonic() < ends, f"it stayed {dict(reading.samples)}"
            await asyncio.sleep(0.1)


def at_least(key: str, value: float) -> Callable[[Reading], bool]:
    """Whether a signal has a value, and one that large."""

    def holds(reading: Reading) -> bool:
        found = reading.value(key)
        return found is not None and found >= value

    return holds


@contextlib.asynccontextmanager
async def asking(cluster: Cluster, *, alone: bool = True) -> AsyncIterator[Asked]:
    """Open a source for the cluster, and check at the end that it left nothing running.

    :param alone: whether the test itself runs no other tasks.
    """
    source = TemporalApiSource()
    await source.open(cluster)
    try:
        yield Asked(source)
    finally:
        await source.close()
    assert not alone or asyncio.all_tasks() == {asyncio.current_task()}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class DevServer:
    """A development server that a test may stop, kill and start again on the same port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> Client:
        """Start it, and wait until it answers."""
        self._launch()
        ends = time.monotonic() + 20
        while True:
            try:
                return await Client.connect(self.address)
            except RuntimeError:
                assert time.monotonic() < ends, "the server did not start"
                await asyncio.sleep(0.1)

    def _launch(self) -> None:
        port = ("--port", str(self.port))
        command = [str(BINARY), "server", "start-dev", "--headless", *port, "--log-level", "never"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def hang(self) -> None:
        """Stop every thread of it; connections stay open, and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        # The signal is only sent; whoever asks before it arrived still gets an answer.
        os.waitpid(self.process.pid, os.WUNTRACED)

    def resume(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, stopped or not."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process = None


@contextlib.contextmanager
def dev_server() -> Iterator[DevServer]:
    """A server that is not started yet, and is gone afterwards."""
    server = DevServer(free_port())
    try:
        yield server
    finally:
        server.kill()
