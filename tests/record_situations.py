"""``python -m tests.record_situations [NAME ...]``: makes situations on a real server and records them.

Every five seconds the exposition endpoints of the server and of its worker are scraped and the API is asked as
the copilot asks it. What is kept is what signals are made of; the label is the fault that was made.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import attrs
from httpx2 import AsyncClient, HTTPError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError
from whenever import Instant

from sre_copilot.health.encoding import to_document
from sre_copilot_exposition.needs import Needs
from sre_copilot_hookspecs import Cluster, ReadRequest, TemporalConnection
from sre_copilot_hookspecs.dialects import Emitter
from sre_copilot_local.forwarder import Doors
from sre_copilot_local.ownership import Child, Ownership
from sre_copilot_local.temporal_server import RunningServer, ServerRequest, start_server
from sre_copilot_local.workload.orders import Order, OrderWorkflow
from sre_copilot_local.workload.processes import WorkerProcess
from sre_copilot_temporal.api.source import SIGNALS as API_SIGNALS
from sre_copilot_temporal.api.source import TemporalApiSource
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.settings import TemporalSettings
from sre_copilot_temporal.signals import SIGNALS
from tests import situation_files

CYCLE = 5.0
PATIENCE = 3.0
"""Seconds that an endpoint and the API may take, as in a watched cluster with this cycle."""


@attrs.define
class Stage:
    """Everything of one run that a fault can reach."""

    owner: Ownership
    server: RunningServer
    worker: WorkerProcess
    database: Path
    client: Client
    loads: dict[str, Child] = attrs.field(factory=dict)
    tasks: list[asyncio.Task[None]] = attrs.field(factory=list)

    def load(self, name: str, rate: float) -> None:
        """Place this many orders a second from now on."""
        command = [sys.executable, "-P", "-m", "sre_copilot_local.workload.load", self.server.endpoints.address]
        command += ["--run", f"{name}-{time.time_ns() % 10**6}", "--rate", str(rate)]
        self.loads[name] = self.owner.spawn(f"load-{name}", command, listens=True)

    def mix(self, mix: str) -> None:
        """Let every load place orders of that mix."""
        for load in self.loads.values():
            load.say(mix)

    def stop_loads(self) -> None:
        """Place no more orders."""
        for load in self.loads.values():
            self.owner.stop(load)
        self.loads.clear()

    def meanwhile(self, work: Awaitable[None]) -> None:
        """Go on with something until the end of the fault."""
        self.tasks.append(asyncio.ensure_future(work))

    def end_tasks(self) -> None:
        """End what was going on meanwhile."""
        for task in self.tasks:
            task.cancel()
        self.tasks.clear()


Step = Callable[[Stage], Awaitable[None]]


async def _nothing(_: Stage) -> None:
    pass


@attrs.frozen
class Plot:
    """How a situation is made."""

    fault: str
    make: Step = _nothing
    unmake: Step = _nothing
    rate: float = 5.0
    """Orders a second from the beginning."""
    calm: int = 8
    """Cycles before the fault."""
    fault_cycles: int = 16
    after: int = 0
    """Cycles after the fault was undone."""
    settle: float = 12.0
    """Seconds between the first order and the first cycle."""
    dynamic_config: Mapping[str, str] = attrs.field(factory=dict)
    pragmas: Mapping[str, str] = attrs.field(factory=dict)
    queues: tuple[str, ...] = ("orders",)


async def _release_broken_code(stage: Stage) -> None:
    await asyncio.to_thread(stage.worker.restart, broken=True)


async def _stop_worker(stage: Stage) -> None:
    await asyncio.to_thread(stage.worker.stop)


async def _start_worker(stage: Stage) -> None:
    await asyncio.to_thread(stage.worker.start)


async def _restart_worker(stage: Stage) -> None:
    await asyncio.to_thread(stage.worker.restart)


async def _few_slots(stage: Stage) -> None:
    await asyncio.to_thread(stage.worker.restart, activity_slots=3)
    stage.mix("slow")


async def _failing(stage: Stage) -> None:
    stage.mix("failing")


async def _place_on_ghost(stage: Stage) -> None:
    async def place() -> None:
        number = 0
        while True:
            number += 1
            with suppress(RPCError):
                await stage.client.start_workflow(OrderWorkflow.run, Order(), id=f"ghost-{number}", task_queue="ghost")
            await asyncio.sleep(0.2)

    stage.meanwhile(place())


async def _delete(stage: Stage) -> None:
    stage.stop_loads()

    async def delete() -> None:
        async for found in stage.client.list_workflows('ExecutionStatus="Completed"'):
            request = DeleteWorkflowExecutionRequest(
                namespace="default", workflow_execution=WorkflowExecution(workflow_id=found.id, run_id=found.run_id)
            )
            with suppress(RPCError):
                await stage.client.workflow_service.delete_workflow_execution(request)
            await asyncio.sleep(0.1)

    stage.meanwhile(delete())


async def _pause(stage: Stage) -> None:
    _signal(stage.server.child, signal.SIGSTOP)


async def _resume(stage: Stage) -> None:
    _signal(stage.server.child, signal.SIGCONT)


def _signal(child: Child, number: signal.Signals) -> None:
    if child.is_alive():
        subprocess.run(["/bin/kill", f"-{number.name[3:]}", str(child.pid)], check=False)


async def _throttle(stage: Stage) -> None:
    """Give the server a sixth of its time, as a container at its CPU limit gets it."""

    async def duty() -> None:
        try:
            while True:
                _signal(stage.server.child, signal.SIGSTOP)
                await asyncio.sleep(0.25)
                _signal(stage.server.child, signal.SIGCONT)
                await asyncio.sleep(0.05)
        finally:
            _signal(stage.server.child, signal.SIGCONT)

    stage.meanwhile(duty())


def _lock(hold: float, gap: float) -> Step:
    """Take the database's write lock for a while, again and again, from another process."""
    program = (
        "import sqlite3,sys,time\n"
        "c=sqlite3.connect(sys.argv[1],timeout=30,isolation_level=None)\n"
        "while True:\n"
        "  c.execute('BEGIN IMMEDIATE'); time.sleep(float(sys.argv[2])); c.execute('ROLLBACK')\n"
        "  time.sleep(float(sys.argv[3]))\n"
    )

    async def lock(stage: Stage) -> None:
        stage.owner.spawn("locker", [sys.executable, "-c", program, str(stage.database), str(hold), str(gap)])

    return lock


def _more(rate: float) -> Step:
    async def more(stage: Stage) -> None:
        stage.load("more", rate)

    return more


async def _stop_more(stage: Stage) -> None:
    stage.owner.stop(stage.loads.pop("more"))


async def _throttle_under_load(stage: Stage) -> None:
    stage.load("more", 10)
    await _throttle(stage)


PLOTS: Mapping[str, Plot] = {
    "idle": Plot("A worker is connected and nobody asks for anything.", rate=0, fault_cycles=8),
    "steady": Plot("Five orders a second, and nothing is wrong.", fault_cycles=14),
    "burst": Plot(
        "For fifteen seconds twice as many orders come, and workers keep up.",
        _more(5),
        _stop_more,
        fault_cycles=3,
        after=10,
    ),
    "worker_restarted": Plot(
        "The only worker is restarted, as by a deployment.", _restart_worker, _nothing, fault_cycles=2, after=10
    ),
    "deletion": Plot(
        "The load ends and closed workflows are deleted, ten a second.", _delete, calm=20, fault_cycles=12
    ),
    "recovering": Plot(
        "Every worker stops for eighty seconds, then one comes back.", _stop_worker, _start_worker, after=14
    ),
    "never_polled": Plot(
        "Besides the ordinary load, five workflows a second are started on a queue that no worker polls.",
        _place_on_ghost,
        queues=("orders",),
    ),
    "slots_exhausted": Plot("Three activity slots for five activities a second of five seconds each.", _few_slots),
    "failing_workflows": Plot("Six of seven orders end badly.", _failing),
    "failing_tasks": Plot(
        "A release of the worker's code raises in every workflow; after a minute the old one is back.",
        _release_broken_code,
        _restart_worker,
        fault_cycles=12,
        after=14,
    ),
    "overloaded": Plot("Forty orders a second more, several times what the machine completes.", _more(40)),
    "slow_persistence": Plot(
        "Another process holds the database's write lock 0.15 s of every 0.25 s, and the server waits for it.",
        _lock(0.15, 0.1),
        pragmas={"busy_timeout": "10000"},
    ),
    "persistence_unavailable": Plot(
        "Another process holds the write lock 0.4 s of every 0.5 s, and the server does not wait: writes fail.",
        _lock(0.4, 0.1),
    ),
    "rate_limited": Plot(
        "A namespace limit of 35 requests a second, and a load that needs far more.",
        _more(9),
        rate=1,
        dynamic_config={"frontend.namespaceRPS": "35", "frontend.namespaceBurstRatio": "1"},
    ),
    "server_paused_then_resumed": Plot(
        "The server's process is stopped for forty seconds, then goes on.", _pause, _resume, fault_cycles=8, after=14
    ),
    "saturated_host": Plot(
        "The server gets a sixth of its CPU time, in slices of 50 ms, and ten orders a second more.",
        _throttle_under_load,
        _nothing,
    ),
}


@asynccontextmanager
async def _stage(plot: Plot) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="situation-") as folder:
        owner, doors = Ownership.take(Path(folder)), Doors()
        try:
            request = ServerRequest("observed", False, True, {}, plot.dynamic_config, plot.pragmas)
            server = await asyncio.to_thread(start_server, owner, doors, request)
            worker = WorkerProcess(owner, doors, server.endpoints.address)
            await asyncio.to_thread(worker.start)
            client = await Client.connect(server.endpoints.address)
            database = Path(folder) / "temporal" / "observed.db"
            assert sqlite3.connect(database).execute("pragma journal_mode").fetchone() == ("wal",)
            yield Stage(owner, server, worker, database, client)
        finally:
            await asyncio.to_thread(owner.close)
            doors.close()


@attrs.define
class Recorder:
    """Collects one run."""

    stage: Stage
    plot: Plot
    urls: Mapping[str, str]
    source: TemporalApiSource = attrs.field(factory=TemporalApiSource)
    begun: float = 0.0
    scraped: dict[str, list[tuple[float, bytes] | None]] = attrs.field(factory=dict)
    api: list[dict[str, object]] = attrs.field(factory=list)

    async def run(self) -> None:
        """Every cycle of the plot."""
        connection = TemporalConnection(self.stage.server.endpoints.address)
        cluster = Cluster(
            "test", connection, task_queues=self.plot.queues, sections={TemporalSettings: TemporalSettings()}
        )
        await self.source.open(cluster)
        self.scraped = {role: [] for role in self.urls}
        loop = asyncio.get_running_loop()
        self.begun = loop.time()
        last = self.plot.calm + self.plot.fault_cycles + self.plot.after
        async with AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            for cycle in range(last):
                if cycle == self.plot.calm:
                    await self.plot.make(self.stage)
                if cycle == self.plot.calm + self.plot.fault_cycles and self.plot.after:
                    self.stage.end_tasks()
                    await self.plot.unmake(self.stage)
                await asyncio.sleep(max(0.0, self.begun + cycle * CYCLE - loop.time()))
                await self._cycle(client, loop.time() - self.begun)
        self.stage.end_tasks()
        await asyncio.sleep(0.5)
        _signal(self.stage.server.child, signal.SIGCONT)
        await self.source.close()

    async def _cycle(self, client: AsyncClient, at: float) -> None:
        request = ReadRequest(Instant.now(), "test", API_ASKED, PATIENCE)
        reading, *texts = await asyncio.gather(
            self.source.read(request), *(self._scrape(client, role, at) for role in self.urls)
        )
        self.api.append({key: to_document(found) for key, found in reading.samples.items()})
        for role, text in zip(self.urls, texts, strict=True):
            self.scraped[role].append(text)

    async def _scrape(self, client: AsyncClient, role: str, at: float) -> tuple[float, bytes] | None:
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await client.get(self.urls[role])
        except (HTTPError, TimeoutError):
            return None
        return (round(at, 3), _wanted(answer.content, role)) if answer.status_code == 200 else None

    def situation(self, name: str) -> situation_files.Situation:
        """What was collected."""
        targets = tuple(
            situation_files.Target(
                role,
                tuple(None if found is None else found[0] for found in scrapes),
                situation_files.columns([None if found is None else found[1] for found in scrapes]),
            )
            for role, scrapes in self.scraped.items()
        )
        plot = self.plot
        return situation_files.Situation(
            name=name,
            fault=plot.fault,
            cycle=CYCLE,
            begins=plot.calm,
            ends=plot.calm + plot.fault_cycles,
            targets=targets,
            api=tuple(self.api),
            queues=plot.queues,
        )


API_ASKED = tuple(found for found in SIGNALS if found.key in API_SIGNALS)
_EMITTERS = {"server": Emitter.SERVER, "worker": Emitter.SDK}
_NAMES = {
    role: {
        name.encode()
        for name in Needs()
        .with_signals(SIGNALS, role)
        .candidates([dialect for dialect in DIALECTS if dialect.emitter is emitter])
    }
    for role, emitter in _EMITTERS.items()
}


def _wanted(text: bytes, role: str) -> bytes:
    """The lines of metrics that signals are made of."""
    names = _NAMES[role]
    lines = (line for line in text.splitlines(keepends=True) if not line.startswith(b"#"))
    return b"".join(line for line in lines if line[: min(line.find(b"{") % (1 << 30), line.find(b" "))] in names)


async def record(name: str) -> None:
    """Make one situation and store its recording."""
    plot = PLOTS[name]
    async with _stage(plot) as stage:
        if plot.rate:
            stage.load("base", plot.rate)
        await asyncio.sleep(plot.settle)
        urls = {"server": stage.server.metrics.url, "worker": stage.worker.door.url}
        recorder = Recorder(stage, plot, urls)
        await recorder.run()
        path = situation_files.write(recorder.situation(name))
    sys.stdout.write(f"{name}: {path.stat().st_size // 1024} KB\n")
    sys.stdout.flush()


async def main(names: Iterable[str]) -> None:
    """Record these situations, or all of them, one after the other."""
    for name in names or PLOTS:
        await record(name)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
