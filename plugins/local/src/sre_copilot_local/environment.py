"""The environment of ``demo`` and ``up``: servers of this machine that belong to this process."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sre_copilot_hookspecs.environments import OwnedProcess, TemporalEndpoints, Workload
from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.forwarder import Doors
from sre_copilot_local.ownership import Ownership
from sre_copilot_local.postgres import RunningPostgres, start_postgres
from sre_copilot_local.process import start_process
from sre_copilot_local.temporal_server import RunningServer, ServerRequest, start_server
from sre_copilot_local.workload.runner import LocalWorkload

FILE_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
TAKEN_NAMES = frozenset({"guard", "postgres", "orders-worker", "orders-load"})
"""Names of the environment's own logs and records."""


class LocalEnvironment:
    """Servers in one folder. Making one starts nothing and claims nothing; the first start does.

    Every method may be called from any thread, and blocks until its work is done.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().absolute()
        self._lock = threading.RLock()
        self._ownership: Ownership | None = None
        self._doors: Doors | None = None
        self._servers: dict[str, RunningServer] = {}
        self._postgres: RunningPostgres | None = None
        self._closed = False
        self._starting: dict[str, threading.Lock] = {}

    @property
    def folder(self) -> Path:
        return self._folder

    def start_temporal(
        self,
        name: str,
        *,
        ui: bool = False,
        keep_data: bool = True,
        search_attributes: Mapping[str, str] = {},
        dynamic_config: Mapping[str, str] = {},
    ) -> TemporalEndpoints:
        _check_name(name)
        request = ServerRequest(name, ui, keep_data, search_attributes, dynamic_config)
        with self._one_at_a_time(name):
            running = self._servers.get(name)
            if running is None or not running.child.is_alive():
                self._forget(running)
                running = start_server(*self._owned(), request)
                self._servers[name] = running
            return running.endpoints

    def start_database(self, name: str) -> str:
        with self._one_at_a_time("postgres"):
            if self._postgres is None or not self._postgres.child.is_alive():
                self._postgres = start_postgres(self._owned()[0])
            return self._postgres.database(name)

    def start_workload(self, temporal: TemporalEndpoints, *, seed: int = 0) -> Workload:
        for running in self._servers.values():
            if running.endpoints == temporal:
                return LocalWorkload(*self._owned(), running, seed=seed)
        raise EnvironmentUnavailable(
            f"A workload runs against a server of this environment only; {temporal.address} is none."
        )

    def start_process(self, name: str, command: Sequence[str]) -> OwnedProcess:
        _check_name(name)
        return start_process(self._owned()[0], name, command)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            ownership, doors = self._ownership, self._doors
        if ownership is not None:
            ownership.close()
        if doors is not None:
            doors.close()

    def _owned(self) -> tuple[Ownership, Doors]:
        with self._lock:
            if self._closed:
                raise EnvironmentUnavailable(f"The servers in {self._folder} have been stopped.")
            if self._ownership is None or self._doors is None:
                self._ownership = Ownership.take(self._folder)
                self._doors = Doors()
            return self._ownership, self._doors

    def _one_at_a_time(self, name: str) -> threading.Lock:
        """Two servers may start side by side, but not the same one twice."""
        with self._lock:
            return self._starting.setdefault(name, threading.Lock())

    def _forget(self, running: RunningServer | None) -> None:
        if running is not None:
            ownership, doors = self._owned()
            ownership.stop(running.child)
            doors.remove(running.metrics)


def _check_name(name: str) -> None:
    if not FILE_SAFE.fullmatch(name) or name in TAKEN_NAMES:
        raise EnvironmentUnavailable(
            f"{name!r} cannot be a name here; use letters, digits, - and _,"
            f" and none of {', '.join(sorted(TAKEN_NAMES))}."
        )
