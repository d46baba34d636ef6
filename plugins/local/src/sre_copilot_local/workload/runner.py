"""The workload as the demo uses it: start, break, heal, stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence

import attrs

from sre_copilot_hookspecs.environments import Fault, WorkloadEndpoints
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_local.forwarder import Doors
from sre_copilot_local.ownership import Ownership
from sre_copilot_local.stopping import until
from sre_copilot_local.temporal_server import RunningServer
from sre_copilot_local.workload import faults
from sre_copilot_local.workload.load import RATE
from sre_copilot_local.workload.orders import NAMESPACE, TASK_QUEUE
from sre_copilot_local.workload.processes import LoadProcess, WorkerProcess

FEW_SLOTS = 3
ORDERS_UNDER_WAY = 100
"""Orders that a server is paused in the middle of; a development server needs some seconds for them."""
GETTING_TO_WORK = 5.0
"""Seconds at most from their placing to the pause."""


@attrs.frozen
class Switch:
    """How a fault is made and unmade."""

    on: Callable[[], None]
    off: Callable[[], None]


class LocalWorkload:
    """One worker and one load against one server of a local environment."""

    def __init__(self, ownership: Ownership, doors: Doors, server: RunningServer, *, seed: int) -> None:
        self._server = server
        self._worker = WorkerProcess(ownership, doors, server.endpoints.address)
        self._load = LoadProcess(ownership, server.endpoints.address, seed)
        self._broken: Fault | None = None
        self._lock = threading.RLock()
        self._switches: Mapping[Fault, Switch] = {
            faults.STEADY: Switch(_nothing, _nothing),
            faults.NO_WORKERS: Switch(self._worker.stop, self._worker.start),
            faults.SATURATED_WORKERS: Switch(self._saturate, self._relieve),
            faults.FAILING_WORKFLOWS: Switch(lambda: self._load.use("failing"), lambda: self._load.use("ordinary")),
            faults.FAILING_TASKS: Switch(lambda: self._worker.restart(broken=True), self._worker.restart),
            faults.SERVER_PAUSED: Switch(self._pause_server, self._resume_server),
            faults.METRICS_LOST: Switch(self._shut_doors, self._open_doors),
        }

    @property
    def faults(self) -> Sequence[Fault]:
        return faults.FAULTS

    def start(self) -> WorkloadEndpoints:
        with self._lock:
            self._worker.start()
            self._load.start()
        return WorkloadEndpoints(
            namespace=NAMESPACE,
            task_queues=(TASK_QUEUE,),
            worker_metrics_urls=(self._worker.door.url,),
            description=f"{RATE:g} order workflows a second, one worker",
        )

    def inject(self, fault: str) -> None:
        chosen = self._fault(fault)
        with self._lock:
            self.heal()
            # Noted first: a fault that was made by half is healed as a whole.
            self._broken = chosen
            self._switches[chosen].on()

    def heal(self) -> None:
        with self._lock:
            if self._broken is not None:
                self._switches[self._broken].off()
                self._broken = None

    def stop(self) -> None:
        with self._lock:
            # What was done to the server is undone; the workload's own processes need no repair.
            if self._broken in (faults.SERVER_PAUSED, faults.METRICS_LOST):
                self.heal()
            self._broken = None
            self._load.stop()
            self._worker.close()

    def _fault(self, key: str) -> Fault:
        for fault in self.faults:
            if fault.key == key:
                return fault
        names = ", ".join(fault.key for fault in self.faults)
        raise CopilotError(f"There is no fault {key!r}; there are {names}.")

    def _saturate(self) -> None:
        self._worker.restart(activity_slots=FEW_SLOTS)
        self._load.use("slow")

    def _relieve(self) -> None:
        self._load.use("ordinary")
        self._worker.restart()

    def _pause_server(self) -> None:
        # A server that is caught at work finds, once it goes on, that its calls have run out of time, and says so
        # in its log. One that is paused between two orders notices nothing.
        self._load.burst(ORDERS_UNDER_WAY)
        until(lambda: self._load.open() >= ORDERS_UNDER_WAY // 2, within=GETTING_TO_WORK, every=0.05)
        self._signal_server(signal.SIGSTOP)

    def _resume_server(self) -> None:
        self._signal_server(signal.SIGCONT)

    def _signal_server(self, number: signal.Signals) -> None:
        # The child is asked, not its pid: once it has ended, the pid may be another program's.
        if self._server.child.is_alive():
            os.kill(self._server.child.pid, number)

    def _shut_doors(self) -> None:
        self._server.metrics.shut()
        self._worker.door.shut()

    def _open_doors(self) -> None:
        self._server.metrics.open()
        self._worker.door.open()


def _nothing() -> None:
    """A steady cluster needs no switch."""
