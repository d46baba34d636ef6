"""Any program as part of an environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.stopping import until

pytestmark = pytest.mark.integration

SPEAKS = "import os, sys, time; print(os.getcwd(), flush=True); print('aside', file=sys.stderr); time.sleep(60)"


@pytest.fixture
def environment(tmp_path):
    made = LocalEnvironment(tmp_path / "run")
    yield made
    made.close()


def test_a_process_works_where_its_owner_does_and_ends_when_told(environment):
    process = environment.start_process("worker", [sys.executable, "-u", "-c", SPEAKS])
    assert until(lambda: process.log_path.read_text() == f"{Path.cwd()}\naside\n", within=10)
    assert process.alive
    process.stop()
    process.stop()
    assert not process.alive
    assert list((environment.folder / "pids").iterdir()) == []


def test_a_process_ends_with_its_environment(environment):
    process = environment.start_process("api", ["sleep", "60"])
    assert process.alive
    environment.close()
    assert not process.alive


def test_a_process_that_ended_by_itself_is_not_alive_and_its_name_is_free(environment):
    process = environment.start_process("once", ["true"])
    assert until(lambda: not process.alive, within=10)
    assert environment.start_process("once", ["sleep", "60"]).alive


def test_a_name_is_one_process(environment):
    environment.start_process("worker", ["sleep", "60"])
    with pytest.raises(EnvironmentUnavailable, match=r"'worker' runs in .* already"):
        environment.start_process("worker", ["sleep", "60"])


@pytest.mark.parametrize("command", [[], ["no-such-program"]])
def test_a_program_that_does_not_exist_is_refused(command, environment):
    with pytest.raises(EnvironmentUnavailable, match="There is no program"):
        environment.start_process("worker", command)
