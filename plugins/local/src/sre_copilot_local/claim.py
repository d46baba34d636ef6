"""A folder belongs to one living process at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from sre_copilot_hookspecs.errors import EnvironmentUnavailable


class Claim:
    """The right to run servers in a folder, held by a lock that the system drops with the process."""

    def __init__(self, folder: Path, lock: IO[str]) -> None:
        self._folder = folder
        self._lock = lock

    @classmethod
    def take(cls, folder: Path) -> Claim:
        """Make the folder if need be, and claim it.

        :raises EnvironmentUnavailable: if it cannot be written, or another owner lives.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / "owner.lock").open("a+", encoding="utf-8")
        except (FileExistsError, NotADirectoryError):
            raise EnvironmentUnavailable(
                f"{folder} cannot hold servers and their data, because there is a file in its place;"
                " name another folder."
            ) from None
        except OSError as error:
            raise EnvironmentUnavailable(
                f"{folder} cannot hold servers and their data: {error.strerror}; name another folder."
            ) from None
        return cls._locked(folder, lock)

    @classmethod
    def _locked(cls, folder: Path, lock: IO[str]) -> Claim:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            pid = lock.read().strip() or "that just starts"
            lock.close()
            raise EnvironmentUnavailable(
                f"{folder} is in use by process {pid}; stop that process, or name another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return cls(folder, lock)

    def release(self) -> None:
        """Let others take the folder. The file stays: removing a locked file lets two owners in."""
        if not self._lock.closed:
            self._lock.truncate(0)
            self._lock.close()
