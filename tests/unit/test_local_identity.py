"""A pid means one process only together with its time of birth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from sre_copilot_local.identity import ProcessId
from sre_copilot_local.records import Record, read_records
from sre_copilot_local.stopping import end, end_recorded, until


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_is_alive_until_it_ends_even_if_nobody_waited_for_it(sleeper):
    identity = ProcessId.of(sleeper.pid)
    assert identity is not None
    assert identity.alive
    sleeper.kill()
    assert until(lambda: not identity.alive, within=5)


def test_a_paused_process_is_alive_and_can_be_ended(sleeper):
    identity = ProcessId.of(sleeper.pid)
    os.kill(sleeper.pid, signal.SIGSTOP)
    assert identity.alive
    end(identity, signal.SIGTERM)
    assert sleeper.wait() == -signal.SIGTERM


def test_a_process_that_will_not_end_is_killed():
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True)
    with process:
        process.stdout.readline()
        end(ProcessId.of(process.pid), signal.SIGTERM, patience=0.3)
        assert process.wait() == -signal.SIGKILL


def test_nobody_has_a_pid_that_is_free():
    process = subprocess.Popen(["true"])
    process.wait()
    assert ProcessId.of(process.pid) is None


def test_a_stale_record_never_ends_the_process_that_has_its_pid_now(sleeper, tmp_path):
    earlier = ProcessId(sleeper.pid, "another birth")
    Record("server", earlier, ProcessId.own(), signal.SIGKILL).write(tmp_path)
    end_recorded(read_records(tmp_path), tmp_path)
    assert sleeper.poll() is None
    assert list(tmp_path.iterdir()) == []


def test_records_come_back_as_written_and_newest_first(tmp_path):
    own = ProcessId.own()
    written = [Record(name, ProcessId(number, "x"), own, 2) for number, name in enumerate(["old", "new"], 7)]
    for at, record in enumerate(written):
        record.write(tmp_path)
        os.utime(record.path(tmp_path), (at, at))
    assert read_records(tmp_path) == list(reversed(written))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "a"}', '{"name": 1, "process": 3, "owner": 4}'])
def test_a_broken_record_is_removed(text, tmp_path):
    (tmp_path / "server.12.json").write_text(text)
    assert read_records(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
