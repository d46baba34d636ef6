"""However an owner ends, nothing of it is left running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.postgres_files import outside
from sre_copilot_local.records import read_records
from sre_copilot_local.stopping import until

pytestmark = pytest.mark.integration

OWNER = """
import json, sys, threading
from pathlib import Path
from sre_copilot_local.environment import LocalEnvironment
environment = LocalEnvironment(Path(sys.argv[1]))
temporal = environment.start_temporal("watched", keep_data=False)
environment.start_database("copilot")
if "workload" in sys.argv:
    environment.start_workload(temporal).start()
print(json.dumps({"pid": temporal.pid}), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "run"
    for process in left_in(tmp_path / "run"):
        with suppress(psutil.Error):
            process.kill()
    shutil.rmtree(outside(tmp_path / "run"), ignore_errors=True)


@pytest.fixture
def own(folder):
    """Starts a process that owns servers in the folder, in a group of its own."""
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(folder), *words],
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        started.append(process)
        assert json.loads(process.stdout.readline())["pid"]
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def left_in(folder: Path) -> list[psutil.Process]:
    """Living processes, of whatever parent, that were told of the folder or work in its place outside."""
    places = (str(folder), str(outside(folder)))
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and lives(process, places)]


def lives(process: psutil.Process, places: tuple[str, str]) -> bool:
    with suppress(psutil.Error):
        if process.status() != psutil.STATUS_ZOMBIE:
            known = [*process.cmdline(), process.cwd()]
            return any(word.startswith(places) for word in known)
    return False


def names(folder: Path) -> list[str]:
    return sorted(record.name for record in read_records(folder / "pids"))


def guard_of(owner: subprocess.Popen[str]) -> psutil.Process:
    children = psutil.Process(owner.pid).children()
    return next(child for child in children if "sre_copilot_local.supervise" in child.cmdline())


def test_closing_leaves_no_process_and_no_record(folder):
    environment = LocalEnvironment(folder)
    temporal = environment.start_temporal("watched", keep_data=False)
    environment.start_database("copilot")
    assert names(folder) == ["postgres", "watched"]
    assert psutil.pid_exists(temporal.pid)
    environment.close()
    environment.close()
    assert left_in(folder) == []
    assert names(folder) == []
    with pytest.raises(EnvironmentUnavailable):
        environment.start_temporal("watched")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_signal_that_ends_the_owner_ends_everything(number, own, folder):
    owner = own("workload")
    assert names(folder) == ["orders-load", "orders-worker", "postgres", "watched"]
    owner.send_signal(number)
    owner.wait()
    assert until(lambda: not left_in(folder), within=15, every=0.1), left_in(folder)
    assert names(folder) == []


def test_an_owner_and_its_guard_both_killed_leave_orphans_that_the_next_start_ends(own, folder):
    owner = own()
    guard = guard_of(owner)
    guard.kill()
    owner.kill()
    owner.wait()
    orphans = [record.process for record in read_records(folder / "pids")]
    assert len(orphans) == 2
    assert all(orphan.alive for orphan in orphans)

    environment = LocalEnvironment(folder)
    try:
        environment.start_database("copilot")
        assert not any(orphan.alive for orphan in orphans)
        assert names(folder) == ["postgres"]
    finally:
        environment.close()
    assert left_in(folder) == []


@pytest.mark.slow
def test_the_guard_cannot_be_talked_into_leaving(own, folder):
    owner = own()
    guard = guard_of(owner)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        guard.send_signal(number)
    owner.kill()
    owner.wait()
    assert until(lambda: not left_in(folder), within=15, every=0.1), left_in(folder)


def test_ctrl_c_in_the_terminal_reaches_the_owner_only(own, folder):
    owner = own()
    ours = [record.process for record in read_records(folder / "pids")]
    groups = {os.getpgid(process.pid) for process in ours} | {os.getpgid(guard_of(owner).pid)}
    assert os.getpgid(owner.pid) not in groups
    assert len(groups) == 3
    os.killpg(owner.pid, signal.SIGINT)
    owner.wait()
    assert until(lambda: not left_in(folder), within=15, every=0.1), left_in(folder)


def test_a_folder_in_use_is_refused_with_its_owner_named(own, folder):
    owner = own()
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(folder).start_temporal("another")
    assert f"process {owner.pid}" in str(refusal.value)
    assert str(folder) in str(refusal.value)
    assert names(folder) == ["postgres", "watched"]
