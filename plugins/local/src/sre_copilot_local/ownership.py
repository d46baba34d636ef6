"""Processes that end with their owner, in order when it leaves, at once when it dies."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import attrs

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.claim import Claim
from sre_copilot_local.identity import ProcessId
from sre_copilot_local.launch import launch_command
from sre_copilot_local.records import Record, read_records
from sre_copilot_local.stopping import PATIENCE, end, end_recorded, wake
from sre_copilot_local.supervise import guard_command

TAIL = 12
"""Lines of a log that are quoted when a server does not start."""


@attrs.frozen
class Child:
    """One process of this owner."""

    record: Record
    log: Path
    _process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.record.process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def say(self, line: str) -> None:
        """Write a line to its standard input, which has to be a pipe."""
        pipe = self._process.stdin
        try:
            assert pipe is not None, "started without a pipe"
            pipe.write(line.encode() + b"\n")
            pipe.flush()
        except (BrokenPipeError, ValueError):
            raise EnvironmentUnavailable(
                f"The process {self.record.name} has ended; its log ends with: {self.last_words()}"
            ) from None

    def last_words(self) -> str:
        """The end of its log, on few lines."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join(line[:400] for line in lines[-TAIL:]) or "(nothing was written)"

    def lost_a_race_for_a_port(self) -> bool:
        """Whether it ended because somebody took its port between our look and its start."""
        return not self.is_alive() and "address already in use" in self.last_words().lower()

    def wait(self) -> None:
        """Wait for its end, which has to be near."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


class Ownership:
    """A folder, the processes this process started in it, and the guard that knows of both."""

    def __init__(self, folder: Path, claim: Claim) -> None:
        self.folder = folder
        self._claim = claim
        self._self = ProcessId.own()
        self._records = folder / "pids"
        self._logs = folder / "logs"
        self._children: list[Child] = []
        self._closed = False
        # Reentrant: a signal handler may close while this very thread is starting something.
        self._lock = threading.RLock()
        self._guard = self._prepare()

    @classmethod
    def take(cls, folder: Path) -> Ownership:
        """Claim ``folder``, end what an owner that crashed left in it, and set up the guard.

        :raises EnvironmentUnavailable: if the folder cannot be written, or another owner lives.
        """
        claim = Claim.take(folder)
        try:
            return cls(folder, claim)
        except OSError as error:
            claim.release()
            raise EnvironmentUnavailable(
                f"{folder} cannot hold servers and their data: {error.strerror}; name another folder."
            ) from None

    def _prepare(self) -> subprocess.Popen[bytes]:
        self._records.mkdir(exist_ok=True)
        self._logs.mkdir(exist_ok=True)
        end_recorded(read_records(self._records), self._records)
        with self._open_log(self.log_of("guard")) as log:
            return subprocess.Popen(
                guard_command(self._records, self._self),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def spawn(
        self,
        name: str,
        command: Sequence[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: str | None = None,
        folder: Path | None = None,
        listens: bool = False,
        quiet: bool = False,
    ) -> Child:
        """Start a process that ends with this one.

        :param name: file-safe; names the record and the log.
        :param user: the operating system's user it runs as; only root may say.
        :param folder: where it works; the folder of this ownership if nothing is said.
        :param listens: whether :meth:`Child.say` will be used; its input ends with this process.
        :param quiet: keep only standard error in the log.

        It leads a session of its own, so Ctrl-C in the terminal reaches the owner only, and the owner
        ends everything in order.
        """
        full = launch_command(
            command,
            records=self._records,
            name=name,
            owner=self._self,
            stop_signal=stop_signal,
            user=user,
        )
        with self._lock, self._admitted(name) as log:
            process = subprocess.Popen(
                full,
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if quiet else log,
                stderr=log,
                cwd=folder or self.folder,
                start_new_session=True,
            )
            identity = ProcessId.of(process.pid)
            assert identity is not None, "a child that nobody waited for can be looked up"
            record = Record(name, identity, self._self, int(stop_signal))
            child = Child(record, self.log_of(name), process)
            self._children.append(child)
            return child

    def stop(self, child: Child, *, patience: float = PATIENCE) -> None:
        """End one process and forget it. Harmless when it has ended."""
        end(child.record.process, child.record.stop_signal, patience=patience)
        child.wait()
        child.record.remove(self._records)
        with self._lock:
            if child in self._children:
                self._children.remove(child)

    def close(self) -> None:
        """End every process, newest first, then the guard, and give the folder back."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            children = list(reversed(self._children))
        wake(child.record.process for child in children)
        for child in children:
            self.stop(child)
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()
        self._claim.release()

    def _admitted(self, name: str) -> IO[bytes]:
        """The log of a process that may start now."""
        if self._closed:
            raise EnvironmentUnavailable(f"The servers in {self.folder} have been stopped.")
        if any(child.record.name == name and child.is_alive() for child in self._children):
            raise EnvironmentUnavailable(f"A process called {name!r} runs in {self.folder} already.")
        return self._open_log(self.log_of(name))

    @staticmethod
    def _open_log(path: Path) -> IO[bytes]:
        # One earlier log is kept: it is what explains why there had to be another start.
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return path.open("wb")
