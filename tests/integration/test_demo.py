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

from tests.demonstrations import Demonstration, eventually, fetch, fetch_rows

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
        # The server says nothing of workers that are gone; callers that gave up leave a line, and explain nothing.
        assert status["log_note"].startswith("No log line names the cause. The server logs nothing about workers")
        assert [row["key"] for row in status["log_patterns"] if row["gates"]] == []
        assert "No log line names the cause." in shown(started["api"])
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


def shown(api: str) -> str:
    """What ``sre-copilot status`` prints, in one line."""
    command = [sys.executable, "-m", "sre_copilot", "status", "--api", api]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return " ".join(done.stdout.split())


def beside(api: str, pattern: str, gate: str) -> list[dict[str, Any]]:
    """Windows in which such lines stood beside the gate, once the status says so, too."""
    rows = [row for row in fetch(f"{api}/status")["log_patterns"] if row["key"] == pattern and gate in row["gates"]]
    return [row for row in fetch_rows(f"{api}/status/logs") if row["key"] == pattern and gate in row["gates"] and rows]


def test_failing_workflow_tasks_have_the_lines_of_the_server_beside_their_gates(tmp_path: Path) -> None:
    gate = "history.completion_ratio_stressed"
    with Demonstration(tmp_path, "--scenario", "failing-tasks", "--duration", "80") as demo:
        api = demo.until("started")["api"]
        demo.until("state_change", to="stressed", cause="application failures")
        windows = eventually("the line beside the gate", lambda: beside(api, "workflows.task_failed", gate))
        status, text = fetch(f"{api}/status"), shown(api)
    (row,) = (row for row in status["log_patterns"] if row["key"] == "workflows.task_failed")
    # The log says at once what rates need some seconds to show.
    assert 0 < row["lag_seconds"] < 90
    assert {window["lag_seconds"] for window in windows} == {row["lag_seconds"]}
    assert {"workflows.tasks_fail"} <= set(row["gates"])
    assert status["log_note"] == ""
    assert f"Log, {row['lag_seconds']:.0f} s before:" in text
    assert "lines of history like 'workflow task failed'. Workflow code raised" in text


def test_a_paused_server_has_what_it_writes_afterwards_beside_the_gate_that_fired(tmp_path: Path) -> None:
    gate = "frontend.reachable_critical"
    with Demonstration(tmp_path, "--scenario", "server-paused", "--duration", "50") as demo:
        api = demo.until("started")["api"]
        demo.until("state_change", to="stressed", cause="frontend unreachable")
        assert "No log line names the cause." in shown(api), "it writes nothing while it stands still"
        found = eventually("a line beside the gate", lambda: declared_beside(api, gate))
        text = shown(api)
    # What calls run into when nobody answers, and nothing that no parser knows.
    assert {row["key"] for row in found} & {"calls.deadline_exceeded", "calls.slow", "calls.failed"}
    assert all(row["lag_seconds"] < 0 for row in found)
    assert f"{gate} Log, " in text
    assert " s after: " in text


def declared_beside(api: str, gate: str) -> list[dict[str, Any]]:
    """Declared log patterns beside a gate, in the status and in the windows of the log."""
    rows = fetch(f"{api}/status")["log_patterns"]
    keys = {row["key"] for row in fetch_rows(f"{api}/status/logs") if gate in row["gates"]}
    return [row for row in rows if gate in row["gates"] and not row["new"] and row["key"] in keys]


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
