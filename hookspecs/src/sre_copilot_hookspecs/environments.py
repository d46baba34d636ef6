"""Embedded servers for ``demo`` and ``up``, and the database the copilot keeps its data in.

Everything here is started on a free loopback port, waited for by asking it whether it is ready, keeps
its log in the run's folder, and ends with its owner, also when the owner is killed by SIGTERM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import attrs


@attrs.frozen
class TemporalEndpoints:
    """A running embedded Temporal server."""

    address: str
    """gRPC frontend, ``host:port``."""
    metrics_url: str
    """Its exposition endpoint, ``http://host:port/metrics``."""
    log_path: Path
    """JSON lines, written by the server itself."""
    pid: int
    ui_url: str | None = None
    """The web interface, where it was asked for."""


@attrs.frozen
class WorkloadEndpoints:
    """Workers and load that run against an embedded Temporal server."""

    namespace: str
    task_queues: tuple[str, ...]
    worker_metrics_urls: tuple[str, ...]
    """Exposition endpoints of the SDK workers. They vanish with the workers."""
    description: str
    """One line that says what runs, such as ``5 order workflows a second, one worker``."""


@attrs.frozen
class Fault:
    """Something a workload can break on purpose."""

    key: str
    """As a person types it: ``no-workers``."""
    does: str
    """One sentence: what happens to the cluster."""
    expects: str
    """The health state that the injected fault itself implies, in words."""


class Workload(Protocol):
    """Real workers and real load, with faults to inject."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Every fault that :meth:`inject` knows."""

    def start(self) -> WorkloadEndpoints:
        """Start workers and load and wait until the first workflow has completed.

        :raises EnvironmentUnavailable: if that does not happen within 30 seconds.
        """

    def inject(self, fault: str) -> None:
        """Break something. Injecting a second fault heals the first one before."""

    def heal(self) -> None:
        """Undo the injected fault, if there is one. Waits until the processes are back."""

    def stop(self) -> None:
        """End every process of this workload. Harmless when called twice."""


class OwnedProcess(Protocol):
    """A process that ends with its owner."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def log_path(self) -> Path:
        """What it writes to standard output and standard error."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def stop(self) -> None:
        """End it and wait for its end. Harmless when it has ended."""


class Environment(Protocol):
    """Embedded servers that belong to this process."""

    @property
    def folder(self) -> Path:
        """Where data, logs and pid files of every server of this environment are."""

    def start_temporal(
        self,
        name: str,
        *,
        ui: bool = False,
        keep_data: bool = True,
        search_attributes: Mapping[str, str] = {},
        dynamic_config: Mapping[str, str] = {},
    ) -> TemporalEndpoints:
        """Start a real Temporal server, or find the one that already runs under this name in this folder.

        :param name: file-safe; the server's data and log are named after it.
        :param keep_data: keep workflows over restarts (a database file), else in memory.
        :param search_attributes: name to type, such as ``{"ClusterId": "Keyword"}``.
        :raises EnvironmentUnavailable: if it is not ready within 30 seconds, with the end of its log.
        """

    def start_database(self, name: str) -> str:
        """Start a real PostgreSQL and return its connection URL for database ``name``, created if missing.

        :raises EnvironmentUnavailable: if it is not ready within 30 seconds.
        """

    def start_workload(self, temporal: TemporalEndpoints, *, seed: int = 0) -> Workload:
        """The demo's workload against ``temporal``, not yet started."""

    def start_process(self, name: str, command: Sequence[str]) -> OwnedProcess:
        """Start any program as part of this environment.

        :param name: file-safe; its log is named after it.
        :param command: the program and its arguments.
        """

    def close(self) -> None:
        """Stop everything this environment started, newest first. Harmless when called twice."""


class StateDatabase(Protocol):
    """Where the copilot keeps decisions: a PostgreSQL that speaks the dialect Aurora DSQL accepts."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def connection_url(self) -> str:
        """A URL asyncpg connects to, with fresh credentials."""

    @property
    def asynchronous_indexes(self) -> bool:
        """Whether indexes are made with ``CREATE INDEX ASYNC`` (Aurora DSQL) or plainly."""


class ProfileStorage(Protocol):
    """Where behaviour profiles are kept as documents."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def put(self, name: str, document: bytes) -> None:
        """Store one document under ``name``, whole or not at all."""

    async def get(self, name: str) -> bytes:
        """The document stored under ``name``.

        :raises KeyError: if there is none.
        """

    async def names(self, prefix: str = "") -> Sequence[str]:
        """The names stored so far that begin with ``prefix``, sorted."""
