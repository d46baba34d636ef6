"""The two processes of the workload, seen from their owner."""

from __future__ import annotations

import re
import sys
import urllib.request
import uuid

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.asking import count_workflows
from sre_copilot_local.forwarder import Doors
from sre_copilot_local.ownership import Child, Ownership
from sre_copilot_local.ports import LOOPBACK, free_ports
from sre_copilot_local.stopping import until
from sre_copilot_local.workload.load import BURST

READY_WITHIN = 30.0
ATTEMPTS = 3
"""For the case that another process takes the port meant for the worker's metrics."""
WORKER_PATIENCE = 4.0
"""Seconds for a worker to end: 2 for its activities, the rest for its long polls."""
POLLING = re.compile(r'^temporal_num_pollers\{.*poller_type="workflow_task".*\} [1-9]', re.MULTILINE)


def _module(name: str) -> list[str]:
    return [sys.executable, "-P", "-m", f"sre_copilot_local.workload.{name}"]


class WorkerProcess:
    """A worker that comes and goes behind one address for its metrics."""

    def __init__(self, ownership: Ownership, doors: Doors, address: str) -> None:
        self._ownership = ownership
        self._address = address
        self._child: Child | None = None
        self._doors = doors
        self.door = doors.add(0, free_ports(1)[0])
        self.door.shut()

    def start(self, *, activity_slots: int | None = None, broken: bool = False) -> None:
        """Start the worker and wait until it polls.

        :param broken: run the release whose workflow code raises.
        :raises EnvironmentUnavailable: if it does not within 30 seconds, with the end of its log.
        """
        for attempts_left in reversed(range(ATTEMPTS)):
            child = self._child = self._spawn(free_ports(1)[0], activity_slots, broken=broken)
            # Asked once more, a worker that polls may happen to be between two polls.
            if until(self._polls_or_ended, within=READY_WITHIN, every=0.05) and self._runs():
                break
            again = attempts_left and child.lost_a_race_for_a_port()
            self.stop()
            if not again:
                raise EnvironmentUnavailable(
                    f"The worker did not begin to poll; its log {child.log} ends with:\n{child.last_words()}"
                )
        self.door.open()

    def _spawn(self, port: int, activity_slots: int | None, *, broken: bool) -> Child:
        self.door.target = port
        command = [*_module("worker"), self._address, "--metrics", f"{LOOPBACK}:{port}"]
        if activity_slots is not None:
            command += ["--activity-slots", str(activity_slots)]
        if broken:
            command.append("--broken")
        return self._ownership.spawn("orders-worker", command)

    def _runs(self) -> bool:
        return self._child is not None and self._child.is_alive()

    def _polls_or_ended(self) -> bool:
        return not self._runs() or _polls(self.door.target)

    def stop(self) -> None:
        """End the worker; its metrics refuse connections from now on."""
        self.door.shut()
        if self._child is not None:
            self._ownership.stop(self._child, patience=WORKER_PATIENCE)
            self._child = None

    def restart(self, *, activity_slots: int | None = None, broken: bool = False) -> None:
        self.stop()
        self.start(activity_slots=activity_slots, broken=broken)

    def close(self) -> None:
        self.stop()
        self._doors.remove(self.door)


def _polls(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=2) as response:
            return POLLING.search(response.read().decode()) is not None
    except OSError:
        return False


class LoadProcess:
    """Orders that are placed, in a mix that can be changed while they are."""

    def __init__(self, ownership: Ownership, address: str, seed: int) -> None:
        self._ownership = ownership
        self._address = address
        self._seed = seed
        self._child: Child | None = None
        self._run = uuid.uuid4().hex[:8]

    def start(self) -> None:
        """Start the load and wait until the first of its orders has been completed.

        :raises EnvironmentUnavailable: if that does not happen within 30 seconds.
        """
        command = [*_module("load"), self._address, "--run", self._run, "--seed", str(self._seed)]
        child = self._child = self._ownership.spawn("orders-load", command, listens=True)
        begins = until(lambda: self.completed() > 0 or not child.is_alive(), within=READY_WITHIN, every=0.2)
        if not begins or not child.is_alive():
            self.stop()
            raise EnvironmentUnavailable(
                f"No order was completed within {READY_WITHIN:.0f} seconds;"
                f" the load's log {child.log} ends with:\n{child.last_words()}"
            )

    def use(self, mix: str) -> None:
        """Place orders of this mix from now on."""
        if self._child is not None:
            self._child.say(mix)

    def burst(self, orders: int) -> None:
        """Place so many orders at once, besides the others."""
        if self._child is not None:
            self._child.say(f"{BURST} {orders}")

    def completed(self) -> int:
        """How many orders of this load have been completed; 0 while the server does not say."""
        return self._count("Completed")

    def open(self) -> int:
        """How many orders of this load are being handled; 0 while the server does not say."""
        return self._count("Running")

    def _count(self, status: str) -> int:
        query = f"WorkflowId STARTS_WITH 'order-{self._run}-' AND ExecutionStatus = '{status}'"
        return count_workflows(self._address, query) or 0

    def stop(self) -> None:
        if self._child is not None:
            self._ownership.stop(self._child)
            self._child = None
