"""Everything that runs during a demonstration: the watched cluster, its load, the copilot's processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from sre_copilot_hookspecs import Environment, OwnedProcess, TemporalEndpoints, Workload, WorkloadEndpoints

CLUSTER = "demo"
"""The watched cluster's name."""


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
        return f"sre-copilot --config {self.addresses.settings} worker"


def set_up(environment: Environment, *, cycle: float, api_port: int, say: Callable[[str], None]) -> Stage:
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
        loaded = starting.submit(_start_load, environment, watched.result(), say)
        settings = _write_settings(
            environment.folder, watched.result(), own.result(), database.result(), cycle, api_port
        )
        api = environment.start_process("api", _copilot(settings, "api"))
        workload, running = loaded.result()
    # The worker scrapes the workers' endpoints from its first cycle on, so they are there before it is.
    _append_targets(settings, watched.result(), running)
    worker = environment.start_process("copilot-worker", _copilot(settings, "worker"))
    say(f"Running {running.description}.")
    addresses = Addresses(f"http://127.0.0.1:{api_port}", watched.result().ui_url, settings)
    return Stage(environment, workload, running, addresses, worker, api)


def _start_load(
    environment: Environment, watched: TemporalEndpoints, say: Callable[[str], None]
) -> tuple[Workload, WorkloadEndpoints]:
    say(f"Temporal is up at {watched.address}; starting its workers and load.")
    workload = environment.start_workload(watched)
    return workload, workload.start()


def _copilot(settings: Path, role: str) -> Sequence[str]:
    return [sys.executable, "-m", "sre_copilot", "--config", str(settings), role]


def _write_settings(
    folder: Path,
    watched: TemporalEndpoints,
    own: TemporalEndpoints,
    database: str,
    cycle: float,
    api_port: int,
) -> Path:
    path = folder / "sre-copilot.toml"
    # JSON strings are valid TOML strings.
    path.write_text(
        f"""\
# Written by sre-copilot demo; the copilot's worker and API read it.

[copilot]
database_url = {json.dumps(database)}
temporal.address = {json.dumps(own.address)}

[api]
port = {api_port}

[clusters.{CLUSTER}]
cycle = {cycle:g}
temporal.address = {json.dumps(watched.address)}
""",
        encoding="utf-8",
    )
    return path


def _append_targets(settings: Path, watched: TemporalEndpoints, running: WorkloadEndpoints) -> None:
    with settings.open("a", encoding="utf-8") as file:
        file.write(
            f"""\
task_queues = {json.dumps(list(running.task_queues))}

[clusters.{CLUSTER}.exposition]
server = {json.dumps([watched.metrics_url])}
worker = {json.dumps(list(running.worker_metrics_urls))}
"""
        )
