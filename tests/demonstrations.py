"""Demonstrations as their users run them: a process, its JSON lines, and what it leaves behind."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

PATIENCE = 90.0
"""Seconds for anything to happen on a busy machine."""


class Demonstration:
    """A running ``demo --json``; its events as they come."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.log = folder / "stderr.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sre_copilot", "demo", "--json", "--folder", str(folder / "runs"), *options],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.events: list[dict[str, Any]] = []
        self._coming: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Demonstration:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(json.loads(line))
        self._coming.put(None)

    def until(self, event: str, *, patience: float = PATIENCE, **fields: object) -> dict[str, Any]:
        """The next event of this kind with these fields."""
        deadline = time.monotonic() + patience
        while (left := deadline - time.monotonic()) > 0:
            try:
                found = self._coming.get(timeout=left)
            except queue.Empty:
                break
            if found is None:
                break
            self.events.append(found)
            if found["event"] == event and all(found[name] == value for name, value in fields.items()):
                return found
        raise AssertionError(f"no {event} {fields} after {self.events}; it said: {self.log.read_text()[-2000:]}")

    def finish(self, *, patience: float = 300) -> int:
        """Read everything to the end; the exit code."""
        deadline = time.monotonic() + patience
        while (found := self._coming.get(timeout=max(0.1, deadline - time.monotonic()))) is not None:
            self.events.append(found)
        return self.process.wait(PATIENCE)

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The state and cause of every change so far."""
        return [(each["to"], each["cause"]) for each in self.events if each["event"] == "state_change"]

    def processes(self) -> list[psutil.Process]:
        """The demonstration's own process and everything that was started for its folder, or runs in it."""
        found = {self.process.pid: psutil.Process(self.process.pid)} if self.process.poll() is None else {}
        for process in psutil.process_iter(["cmdline", "cwd"]):
            place = " ".join((*(process.info["cmdline"] or ()), process.info["cwd"] or ""))
            if str(self.folder) in place:
                found[process.pid] = process
        return list(found.values())


def fetch(url: str) -> dict[str, Any]:
    """A JSON object over HTTP."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found


def fetch_rows(url: str) -> list[dict[str, Any]]:
    """A JSON array of objects over HTTP."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        found = json.load(answer)
    assert isinstance(found, list)
    return found


def eventually(what: str, holds: Any, *, patience: float = PATIENCE) -> Any:
    """Wait until ``holds()`` is true and return it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {patience:g} s")
