"""The embedded PostgreSQL: a database as asked, and not one private folder opened for it."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat

import asyncpg
import pytest

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_local import postgres_files
from sre_copilot_local.environment import LocalEnvironment
from sre_copilot_local.postgres_files import outside

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as somebody else")


@pytest.fixture
def open_environment():
    """Opens environments that are closed, with what they keep elsewhere, at the end of the test."""
    opened = []

    def open_in(folder):
        opened.append(LocalEnvironment(folder))
        return opened[-1]

    yield open_in
    for environment in opened:
        environment.close()
        shutil.rmtree(outside(environment.folder), ignore_errors=True)


def run(url, *statements):
    async def connected():
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements]
        finally:
            await connection.close()

    return asyncio.run(connected())


def modes(*paths):
    """The permissions of every folder on the way to each path."""
    ways = {folder for path in paths for folder in (path, *path.parents)}
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in ways if folder.exists()}


def test_a_database_is_made_as_the_copilot_needs_it_and_kept(open_environment, tmp_path):
    environment = open_environment(tmp_path / "run")
    url = environment.start_database("copilot")
    asked = ("show transaction_isolation", "select current_database()", "show server_encoding")
    assert run(url, *asked) == ["repeatable read", "copilot", "UTF8"]
    run(url, "create table kept (x int)", "insert into kept values (7)")
    other = environment.start_database("other-one")
    assert run(other, "select current_database()") == ["other-one"]
    assert environment.start_database("copilot") == url
    environment.close()

    again = open_environment(tmp_path / "run").start_database("copilot")
    assert run(again, "select x from kept") == [7]


def test_a_name_that_is_no_name_is_refused(open_environment, tmp_path):
    with pytest.raises(EnvironmentUnavailable, match="cannot be a database's name"):
        open_environment(tmp_path / "run").start_database("x'; drop table decisions; --")


def test_settings_of_the_person_for_other_servers_do_not_matter(open_environment, tmp_path, monkeypatch):
    monkeypatch.setenv("PGHOST", "elsewhere.example")
    monkeypatch.setenv("PGSERVICE", "payments")
    monkeypatch.setenv("PGPORT", "1")
    assert "copilot" in open_environment(tmp_path / "run").start_database("copilot")


def test_a_long_path_is_no_obstacle(open_environment, tmp_path):
    folder = tmp_path / ("deep" * 20) / "run"
    assert run(open_environment(folder).start_database("copilot"), "select 1") == [1]


def test_no_permission_of_a_private_folder_changes(open_environment, tmp_path):
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    programs = postgres_files._wheel_programs()
    before = modes(private, programs)
    environment = open_environment(private / "run")
    run(environment.start_database("copilot"), "create table kept (x int)")
    environment.close()
    assert {folder: modes(private, programs)[folder] for folder in before} == before


@as_root
def test_programs_in_a_private_home_are_run_from_a_copy(open_environment, tmp_path, monkeypatch):
    private = tmp_path / "home"
    installed = postgres_files._wheel_programs()
    packages = installed.parents[2]
    shutil.copytree(installed.parent, private / installed.parent.relative_to(packages), symlinks=True)
    for libraries in packages.glob(f"{installed.parents[1].name}.libs"):
        shutil.copytree(libraries, private / libraries.name)
    programs = private / installed.relative_to(packages)
    private.chmod(0o700)
    monkeypatch.setattr(postgres_files, "_wheel_programs", lambda: programs)
    before = modes(programs)
    assert run(open_environment(private / "run").start_database("copilot"), "select 1") == [1]
    assert modes(programs) == before


@as_root
def test_data_outside_does_not_outlive_its_run_folder(open_environment, tmp_path):
    folder = tmp_path / "run"
    environment = open_environment(folder)
    run(environment.start_database("copilot"), "create table kept (x int)")
    environment.close()
    shutil.rmtree(folder)
    url = open_environment(folder).start_database("copilot")
    assert run(url, "select to_regclass('kept') is null") == [True]


@as_root
def test_a_place_outside_that_is_not_ours_is_refused(open_environment, tmp_path):
    folder = tmp_path / "run"
    planted = outside(folder)
    planted.symlink_to(tmp_path)
    try:
        with pytest.raises(EnvironmentUnavailable, match="belongs to somebody else"):
            open_environment(folder).start_database("copilot")
    finally:
        planted.unlink()
