"""Which process a pid meant: a pid alone is reused, a pid with its time of birth is not.

Only the standard library: this is loaded by the guard and the launcher, which have to stay small.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple


class ProcessId(NamedTuple):
    """One process, for all time."""

    pid: int
    born: str
    """When it began, in the system's own words; compared, never computed with."""

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The process that has this pid now, dead ones that nobody has waited for included."""
        found = _look_up(pid)
        return cls(pid, found[0]) if found else None

    @classmethod
    def own(cls) -> ProcessId:
        found = cls.of(os.getpid())
        assert found is not None, "a process that runs can be looked up"
        return found

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not, a stopped process does."""
        found = _look_up(self.pid)
        return found is not None and found[0] == self.born and found[1] != "Z"


def _look_up(pid: int) -> tuple[str, str] | None:
    """Time of birth and state letter of ``pid``."""
    return _from_proc(pid) if sys.platform == "linux" else _from_ps(pid)


def _from_proc(pid: int) -> tuple[str, str] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command name stands in parentheses and may hold any character, so count from the last one.
    # Ticks since boot do not move when somebody sets the clock, as a time of day would.
    fields = stat.rpartition(")")[2].split()
    return f"{_boot()}/{fields[19]}", fields[0]


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _from_ps(pid: int) -> tuple[str, str] | None:
    asked = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    state, _, born = asked.stdout.strip().partition(" ")
    return (born.strip(), state[:1]) if born else None
