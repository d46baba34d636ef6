"""The demonstration: how long until it says something, and how much memory all its processes take."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.demonstrations import Demonstration, eventually, fetch

SEEN = 0.8
"""Share of the primary signals that makes a first decision worth reading."""
SETTLED = 50.0
"""Seconds after which memory is looked at: windows are full and caches warm."""
ALL_AT_MOST = 1200
"""Megabytes of resident memory of all processes together."""
OWN_AT_MOST = 250
"""Megabytes of the copilot's own worker and API."""


def measure(folder: Path) -> tuple[float, float, float]:
    """Seconds to the first decision, megabytes of all processes, megabytes of the copilot's own."""
    begun = time.perf_counter()
    with Demonstration(folder, "--scenario", "steady", "--duration", "60") as demo:
        started = demo.until("started")
        status = f"{started['api']}/status"
        eventually("a decision", lambda: (fetch(status).get("visibility") or 0) >= SEEN)
        first = time.perf_counter() - begun
        eventually("a settled run", lambda: time.perf_counter() - begun > SETTLED)
        resident = {process.pid: process for process in demo.processes()}
        everything = sum(map(_megabytes, resident.values()))
        own = sum(_megabytes(process) for process in resident.values() if _is_own(process))
    return first, everything, own


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def _is_own(process: psutil.Process) -> bool:
    try:
        return "sre_copilot" in process.cmdline() and process.cmdline()[-1] in ("worker", "api")
    except psutil.NoSuchProcess:
        return False


def test_the_demo_is_quick_and_small(tmp_path: Path) -> None:
    first, everything, own = measure(tmp_path)
    sys.stdout.write(
        f"first decision with {SEEN:.0%} visibility after {first:.1f} s\n"
        f"all processes {everything:.0f} MB of {ALL_AT_MOST}, worker and API {own:.0f} MB of {OWN_AT_MOST}\n"
    )
    assert everything <= ALL_AT_MOST
    assert own <= OWN_AT_MOST


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        test_the_demo_is_quick_and_small(Path(temporary))
