"""Everything that runs during a demonstration: the watched cluster, its load, the copilot's processes."""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from sre_copilot.settings.embedded import EmbeddedNote
from sre_copilot_hookspecs import (
    Environment,
    EnvironmentUnavailable,
    OwnedProcess,
    TemporalEndpoints,
    Workload,
    WorkloadEndpoints,
)

CLUSTER = "demo"
"""The watched cluster's name."""
_LISTENS = re.compile(r"API: (http://[^/\s]+)")
_API_READY = 30.0
"""Seconds until the API listens; longer means that something is wrong."""


@attrs.frozen
class Addresses:
    """Where to look."""

    api: str
    """The copilot's API, ``http://host:port``."""
    watched_ui: str | None
    """The web interface of the watched Temporal server."""
    settings: Path
    """The settings file of the copilot's processes."""


@attrs.define
class Stage:
    """The running demonstration. Made by :func:`set_up`; ended by closing its environment."""

    environment: Environment
    workload: Workload
    running: WorkloadEndpoints
    addresses: Addresses
    worker: OwnedProcess
    api: OwnedProcess

    @property
    def worker_command(self) -> str:
        """How a person starts the copilot's worker again."""
        return shlex.join(_copilot(self.addresses.settings, "worker"))


def set_up(environment: Environment, *, cycle: float, say: Callable[[str], None]) -> Stage:
    """Start everything, each as early as it can be.

    :param cycle: seconds between two observations.
    :param say: told of each step, in words.
    :raises EnvironmentUnavailable: if a server does not become ready.
    """
    say("Starting a Temporal server to watch, another for the copilot, and PostgreSQL.")
    with ThreadPoolExecutor(3) as starting:
        watched = starting.submit(environment.start_temporal, "watched", ui=True, keep_data=False)
        own = starting.submit(environment.start_temporal, "copilot", keep_data=True)
        database = starting.submit(environment.start_database, "copilot")
        workload, running = _start_load(environment, watched.result(), say)
    written = _Written(watched.result(), own.result(), database.result(), running, cycle)
    settings = written.to(environment.folder / "sre-copilot.toml", api_port=0)
    # Its decisions can be verified and back-tested when everything has ended.
    EmbeddedNote(database.result(), own.result().address).write(environment.folder)
    api = environment.start_process("api", _copilot(settings, "api"))
    worker = environment.start_process("copilot-worker", _copilot(settings, "worker"))
    url = _api_url(api)
    # The system chose the port; commands that are pointed at this file find the API by it.
    written.to(settings, api_port=int(url.rpartition(":")[2]))
    say(f"Running {running.description}.")
    return Stage(environment, workload, running, Addresses(url, watched.result().ui_url, settings), worker, api)


def _start_load(
    environment: Environment, watched: TemporalEndpoints, say: Callable[[str], None]
) -> tuple[Workload, WorkloadEndpoints]:
    say(f"Temporal is up at {watched.address}; starting its workers and load.")
    workload = environment.start_workload(watched)
    return workload, workload.start()


def _copilot(settings: Path, role: str) -> Sequence[str]:
    return [sys.executable, "-m", "sre_copilot", "--config", str(settings), role]


def _api_url(api: OwnedProcess) -> str:
    """Where the API says it listens."""
    deadline = time.monotonic() + _API_READY
    while time.monotonic() < deadline and api.alive:
        found = _LISTENS.search(api.log_path.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise EnvironmentUnavailable(f"The copilot's API did not start; see {api.log_path}.")


@attrs.frozen
class _Written:
    """The settings of the copilot's processes."""

    watched: TemporalEndpoints
    own: TemporalEndpoints
    database: str
    running: WorkloadEndpoints
    cycle: float

    def to(self, path: Path, *, api_port: int) -> Path:
        """Write them, whole or not at all."""
        # JSON strings and lists of them are valid TOML.
        text = f"""\
# Written by sre-copilot demo; the copilot's worker and API read it.

[copilot]
data_folder = "."
database_url = {json.dumps(self.database)}
temporal.address = {json.dumps(self.own.address)}

[api]
port = {api_port}

[narrative]
cycle = {self.cycle:g}

[clusters.{CLUSTER}]
cycle = {self.cycle:g}
temporal.address = {json.dumps(self.watched.address)}
task_queues = {json.dumps(list(self.running.task_queues))}

[clusters.{CLUSTER}.exposition]
server = {json.dumps([self.watched.metrics_url])}
worker = {json.dumps(list(self.running.worker_metrics_urls))}

[clusters.{CLUSTER}.logfile]
paths = {json.dumps([str(self.watched.log_path)])}
"""
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        return new.replace(path)
