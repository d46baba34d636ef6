"""The main job, as a newcomer runs it: real servers, real load, a real fault, and nothing left behind."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from whenever import Instant

from tests.demonstrations import Demonstration, eventually, fetch

pytestmark = pytest.mark.xdist_group("demo")


def test_dead_workers_are_seen_named_and_recovered_from(tmp_path: Path) -> None:
    with Demonstration(tmp_path, "--scenario", "no-workers", "--duration", "130") as demo:
        started = demo.until("started")
        demo.until("state_change", to="happy")
        demo.until("state_change", to="critical")
        status = fetch(f"{started['api']}/status")
        assert status["health_state"] == "critical"
        assert status["cause"] == "no workers"
        assert status["reason"].startswith("No workers.")
        assert status["bottleneck"] == "worker"
        assert demo.finish() == 0
    states = [state for state, _ in demo.changes]
    assert states[:3] == ["happy", "stressed", "critical"]
    assert states[3] == "stressed"
    assert {cause for state, cause in demo.changes if state == "critical"} == {"no workers"}
    summary = demo.events[-1]
    assert set(summary) == {"event", "cycles", "changes", "final_state", "api"}
    assert summary["changes"] == len(demo.changes)
    assert summary["cycles"] >= 130 / 5 * 0.8
    assert not [process for process in demo.processes() if process.is_running()]
    assert sorted(child.name for child in tmp_path.iterdir()) == ["runs", "stderr.txt"]
    # Everything has ended, and what was decided can still be computed again.
    (run,) = (tmp_path / "runs").iterdir()
    verified = told(run, "verify", "--json")
    assert verified["equal"] is True
    assert verified["cycles"] >= summary["cycles"] - 1
    (replayed,) = told(run, "backtest", "--from", "1h", "--json")["rulesets"]
    assert [change["after"] for change in replayed["transitions"]][:4] == states[:4]


def told(run: Path, *arguments: str) -> Any:
    """What a command says in JSON about a run that is over."""
    command = [sys.executable, "-m", "sre_copilot", "--config", str(run / "sre-copilot.toml"), *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


def test_a_killed_worker_is_noticed_and_its_successor_goes_on(tmp_path: Path) -> None:
    with Demonstration(tmp_path, "--scenario", "steady", "--duration", "240") as demo:
        started = demo.until("started")
        demo.until("state_change", to="happy")
        before = fetch(f"{started['api']}/status")
        os.kill(started["worker_pid"], signal.SIGKILL)
        unknown = demo.until("state_change", to="unknown")
        assert unknown["from"] == "happy"
        assert fetch(f"{started['api']}/status")["last_known_state"] == "happy"

        successor = subprocess.Popen(shlex.split(started["worker_command"]), cwd=tmp_path)
        try:
            demo.until("state_change", to="happy")
            after = fetch(f"{started['api']}/status")
            assert after["since"] == before["since"], "the new worker went on from the old one's memory"
            assert Instant.parse_iso(after["observed_at"]) > Instant.parse_iso(before["observed_at"])
        finally:
            successor.terminate()
            successor.wait(30)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_demonstration_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with Demonstration(tmp_path, "--scenario", "steady") as demo:
        # In the middle of the preparations: servers are starting, nothing is complete.
        eventually("a server's process", lambda: len(demo.processes()) > 2)
        demo.process.send_signal(number)
        code = demo.process.wait(60)
        assert code != 0
        eventually("the end of every process", lambda: not alive(demo), patience=30)


def alive(demo: Demonstration) -> list[psutil.Process]:
    return [process for process in demo.processes() if process.is_running() and process.status() != "zombie"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--scenario", "no-wokers"], "no-wokers"),
        (["--duration", "-3"], "--duration"),
        (["--cycle", "0.1"], "--cycle"),
        (["--duration", "soon"], "soon"),
        (["--folder", "taken/below"], "taken"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, options: list[str], says: str) -> None:
    (tmp_path / "taken").write_text("a file")
    done = subprocess.run(
        [sys.executable, "-m", "sre_copilot", "demo", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
