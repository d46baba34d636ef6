"""Any program, run as part of an environment."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.ownership import Child, Ownership


@attrs.frozen
class LocalProcess:
    """A process that ends with its owner."""

    _ownership: Ownership
    _child: Child

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def log_path(self) -> Path:
        return self._child.log

    @property
    def alive(self) -> bool:
        return self._child.is_alive()

    def stop(self) -> None:
        self._ownership.stop(self._child)


def start_process(ownership: Ownership, name: str, command: Sequence[str]) -> LocalProcess:
    """Start ``command`` where this process works, with its output in the log called ``name``.

    :raises EnvironmentUnavailable: if there is no such program.
    """
    program = shutil.which(command[0]) if command else None
    if program is None:
        what = repr(command[0]) if command else "an empty command"
        raise EnvironmentUnavailable(f"There is no program to run for {name!r}: {what} was not found.")
    full = [str(Path(program).absolute()), *command[1:]]
    return LocalProcess(ownership, ownership.spawn(name, full, folder=Path.cwd()))
