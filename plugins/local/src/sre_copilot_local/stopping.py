"""Ending a process: ask, wait, insist.

Only the standard library: this is loaded by the guard, which has to stay small.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from sre_copilot_local.identity import ProcessId
from sre_copilot_local.records import Record

PATIENCE = 6.0
"""Seconds a process gets to end by itself: Temporal's server needs 1.2, workers up to 2 for their tasks."""


def until(condition: Callable[[], bool], *, within: float, every: float = 0.02) -> bool:
    """Whether ``condition`` became true within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def end(process: ProcessId, stop_signal: int, *, patience: float = PATIENCE) -> None:
    """End a process and its group. Returns when it is gone, by its own doing or not."""
    if not process.alive:
        return
    _signal_group(process, stop_signal)
    # A paused process keeps a signal until it is woken.
    _signal_group(process, signal.SIGCONT)
    if not until(lambda: not process.alive, within=patience):
        _signal_group(process, signal.SIGKILL)
        until(lambda: not process.alive, within=patience)


def wake(processes: Iterable[ProcessId]) -> None:
    """Let paused processes go on: a worker cannot say goodbye to a server that is paused."""
    for process in processes:
        _signal_group(process, signal.SIGCONT)


def end_recorded(records: list[Record], folder: Path) -> None:
    """End recorded processes in the order given, and forget them."""
    wake(record.process for record in records)
    for record in records:
        end(record.process, record.stop_signal)
        record.remove(folder)


def _signal_group(process: ProcessId, number: int) -> None:
    if not process.alive:
        return
    # Each process leads its own group. One that was caught before it got there has no group yet.
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
