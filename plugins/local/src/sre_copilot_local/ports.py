"""Loopback ports: free ones, and the same ones again after a restart."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now."""
    with ExitStack() as held:
        # All are held until the last is found, or the system could hand out one of them twice.
        sockets = [held.enter_context(_bound(0)) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]


def is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except (OSError, OverflowError):
        return False
    return True


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # As servers do: connections of an earlier run that are still winding down are no obstacle.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
    except BaseException:
        made.close()
        raise
    return made


def ports_for(roles: Iterable[str], remembered: Path) -> dict[str, int]:
    """A free port for each role: the one remembered in that file where it is still free, else another."""
    wanted = list(roles)
    before = _read(remembered)
    new = iter(free_ports(len(wanted)))
    taken: dict[str, int] = {}
    for role in wanted:
        port = before.get(role, 0)
        taken[role] = port if port and port not in taken.values() and is_free(port) else next(new)
    return taken


def remember(ports: dict[str, int], path: Path) -> None:
    """Keep the ports for :func:`ports_for`; roles that are not in use this time are kept too."""
    path.write_text(json.dumps({**_read(path), **ports}, indent=2) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, int]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {str(role): int(port) for role, port in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
