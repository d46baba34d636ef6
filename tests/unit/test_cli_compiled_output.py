"""The output folder: all or nothing, never somebody else's files, and nothing left lying around."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot.cli import compiled_output
from sre_copilot.cli.compiled_output import MANIFEST, OutputRefused, write_output
from sre_copilot.compiler.artifacts import artifacts_of
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs import Artifact, DeclarationError
from tests.configurations import SAYS_NOTHING, configuration

OLD = (Artifact("a.txt", b"old a"), Artifact("b/c.txt", b"old c"), Artifact("gone.txt", b"gone"))
NEW = (Artifact("a.txt", b"new a"), Artifact("b/c.txt", b"new c"), Artifact("d.txt", b"new d"))


def held(folder):
    """Every file of a folder but the manifest."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def as_files(artifacts):
    return {artifact.path: artifact.content for artifact in artifacts}


@pytest.fixture(params=["in one step", "in two steps"])
def way(request, monkeypatch):
    """With the system's exchange of folders, and without."""
    if request.param == "in two steps":
        monkeypatch.setattr(compiled_output, "exchange", lambda one, other: False)


def test_a_folder_is_made_with_its_parents(tmp_path):
    output = write_output(tmp_path / "x/y/prod", NEW)
    assert held(tmp_path / "x/y/prod") == as_files(NEW)
    assert (output.changed, output.kept) == (True, None)
    assert stat.S_IMODE((tmp_path / "x/y/prod").stat().st_mode) == 0o777 & ~umask()


def umask():
    present = os.umask(0)
    os.umask(present)
    return present


@pytest.mark.usefixtures("way")
def test_what_was_written_before_is_replaced_as_a_whole(tmp_path):
    write_output(tmp_path / "prod", OLD)
    output = write_output(tmp_path / "prod", NEW)
    assert held(tmp_path / "prod") == as_files(NEW)
    assert output.kept is None
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


def test_the_same_again_touches_nothing(tmp_path):
    write_output(tmp_path / "prod", NEW)
    before = {path: path.stat() for path in (tmp_path / "prod").rglob("*")}
    assert not write_output(tmp_path / "prod", NEW).changed
    assert {path: path.stat() for path in (tmp_path / "prod").rglob("*")} == before


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "prod").mkdir(mode=0o750)
    write_output(tmp_path / "prod", NEW)
    assert held(tmp_path / "prod") == as_files(NEW)
    assert stat.S_IMODE((tmp_path / "prod").stat().st_mode) == 0o750


@pytest.mark.parametrize("name", ["mine.txt", "b/mine.txt", MANIFEST])
def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / "prod/b").mkdir(parents=True)
    (tmp_path / "prod" / name).write_text("{}")
    if name == MANIFEST:
        (tmp_path / "prod/mine.txt").write_text("mine")
    before = held(tmp_path / "prod")
    with pytest.raises(OutputRefused, match="say --force"):
        write_output(tmp_path / "prod", NEW)
    assert held(tmp_path / "prod") == before
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


@pytest.mark.parametrize("harm", ["edited", "added", "deleted", "linked"])
def test_what_somebody_changed_since_is_not_overwritten(tmp_path, harm):
    folder = tmp_path / "prod"
    write_output(folder, OLD)
    if harm == "edited":
        (folder / "a.txt").write_bytes(b"by hand")
    if harm == "added":
        (folder / "b/notes.txt").write_bytes(b"by hand")
    if harm in ("deleted", "linked"):
        (folder / "a.txt").unlink()
    if harm == "linked":
        (folder / "a.txt").symlink_to(folder / "gone.txt")
    before = held(folder)
    with pytest.raises(OutputRefused, match=r"files added or changed since \((a|b/notes)\.txt\)"):
        write_output(folder, NEW)
    assert held(folder) == before


@pytest.mark.usefixtures("way")
def test_force_keeps_what_stood_there_beside_it(tmp_path):
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod/mine.txt").write_text("mine")
    (tmp_path / "prod.replaced-1").mkdir()
    output = write_output(tmp_path / "prod", NEW, force=True)
    assert output.kept == tmp_path / "prod.replaced-2"
    assert held(output.kept) == {"mine.txt": b"mine"}
    assert held(tmp_path / "prod") == as_files(NEW)
    assert not write_output(tmp_path / "prod", NEW).changed


def test_a_link_to_a_folder_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "prod").symlink_to("real")
    write_output(tmp_path / "prod", NEW)
    assert (tmp_path / "prod").is_symlink()
    assert held(tmp_path / "real") == as_files(NEW)


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "prod").write_text("a file")
    with pytest.raises(OutputRefused, match="is not a folder"):
        write_output(tmp_path / "prod", NEW)
    with pytest.raises(OutputRefused, match=r"cannot be made, because .*/prod is a file"):
        write_output(tmp_path / "prod/inner", NEW)


@pytest.mark.parametrize("place", [".", ".."])
def test_the_folder_one_is_in_is_refused(tmp_path, monkeypatch, place):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OutputRefused, match="you are in"):
        write_output((tmp_path / "here" / place), NEW, force=True)


def test_a_file_system_of_its_own_is_refused(tmp_path):
    with pytest.raises(OutputRefused, match="name a folder in it"):
        write_output(tmp_path.__class__("/proc"), NEW, force=True)


@pytest.mark.usefixtures("way")
def test_a_failure_while_writing_leaves_the_old_folder(tmp_path, monkeypatch):
    write_output(tmp_path / "prod", OLD)
    monkeypatch.setattr(compiled_output, "MANIFEST", "no/such/folder.json")
    with pytest.raises(OutputRefused, match="cannot be written"):
        write_output(tmp_path / "prod", NEW, force=True)
    assert held(tmp_path / "prod") == as_files(OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


def test_two_at_once_both_end_with_a_whole_folder(tmp_path):
    write_output(tmp_path / "prod", OLD)
    ends = [threading.Thread(target=write_output, args=(tmp_path / "prod", new)) for new in (NEW, OLD, NEW, OLD)]
    for end in ends:
        end.start()
    for end in ends:
        end.join(30)
    assert held(tmp_path / "prod") in (as_files(NEW), as_files(OLD))
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from sre_copilot.cli import compiled_output
    from sre_copilot_hookspecs import Artifact

    moment, steps, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    left = int(moment.partition(":")[2] or 0)

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def after(function):
        def counted(*arguments, **named):
            global left
            answer = function(*arguments, **named)
            left -= 1
            if left == 0:
                die()
            return answer
        return counted

    if moment.startswith("write"):
        Path.write_bytes = after(Path.write_bytes)
    elif moment.startswith("rename"):
        Path.rename = after(Path.rename)
    elif moment.startswith("exchange"):
        compiled_output.exchange = after(compiled_output.exchange)
    elif moment.startswith("delete"):
        compiled_output._put_away = lambda *arguments: die()
    if steps == "two":
        compiled_output.exchange = lambda one, other: False
    new = [Artifact("a.txt", b"new a"), Artifact("b/c.txt", b"new c"), Artifact("d.txt", b"new d")]
    compiled_output.write_output(folder, new, force=len(sys.argv) > 4)
"""

MOMENTS = [
    ("write:1", "one"),
    ("write:3", "one"),
    ("exchange:1", "one"),
    ("delete", "one"),
    ("rename:1", "two"),
    ("rename:2", "two"),
    ("rename:3", "two"),
]


def killed(folder, moment, steps, *force):
    arguments = [sys.executable, "-c", textwrap.dedent(KILLED), moment, steps, str(folder), *force]
    ran = subprocess.run(arguments, capture_output=True, timeout=60)
    assert ran.returncode == -signal.SIGKILL, ran.stderr.decode()


@pytest.mark.parametrize(("moment", "steps"), MOMENTS)
def test_killed_at_any_moment_it_holds_the_old_or_the_new(tmp_path, moment, steps):
    folder = tmp_path / "prod"
    write_output(folder, OLD)
    killed(folder, moment, steps)
    if steps == "one":
        assert held(folder) in (as_files(OLD), as_files(NEW))
    write_output(folder, NEW)
    assert held(folder) == as_files(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


@pytest.mark.parametrize(("moment", "steps"), MOMENTS)
def test_killed_at_any_moment_nobody_loses_a_file(tmp_path, moment, steps):
    folder = tmp_path / "prod"
    write_output(folder, OLD)
    (folder / "mine.txt").write_bytes(b"mine")
    killed(folder, moment, steps, "--force")
    write_output(folder, NEW, force=True)
    assert held(folder) == as_files(NEW)
    assert [path for path in tmp_path.rglob("mine.txt") if path.read_bytes() == b"mine"]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


class Writes:
    """An adapter that writes what a test says."""

    key = "writes"
    kind = "platform"

    def __init__(self, *artifacts):
        self._artifacts = artifacts

    def artifacts(self, configuration, explanation):
        return self._artifacts


def collected(*adapters):
    declared = [Declared(f"plugin{number}", adapter) for number, adapter in enumerate(adapters)]
    return artifacts_of(declared, {"sdk": "all", "platform": "all"}, configuration(), SAYS_NOTHING)


def test_artifacts_come_by_path():
    found = collected(Writes(Artifact("b", b"")), Writes(Artifact("a/c", b"")))
    assert [artifact.path for artifact in found] == ["a/c", "b"]


@pytest.mark.parametrize("other", ["a/b.txt", "a/B.txt"])
def test_two_adapters_cannot_write_one_file(other):
    with pytest.raises(
        DeclarationError, match=r"plugin 'plugin1', adapter 'writes' writes a/.\.txt, as does plugin 'plugin0'"
    ):
        collected(Writes(Artifact("a/b.txt", b"")), Writes(Artifact(other, b"")))


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a/../b", "a//b", ".hidden", "a/", "a b", "c:\\x", "a\nb"])
def test_no_artifact_leaves_the_folder(path):
    with pytest.raises(DeclarationError, match="give a path inside of the output folder"):
        collected(Writes(Artifact(path, b"")))


@given(st.text())
def test_an_accepted_path_stays_below(path):
    try:
        (artifact,) = collected(Writes(Artifact(path, b"")))
    except DeclarationError:
        return
    assert os.path.normpath(f"/out/{artifact.path}") == f"/out/{path}"


def test_an_adapter_that_fails_is_named():
    class Fails(Writes):
        def artifacts(self, configuration, explanation):
            raise KeyError("history.shards")

    with pytest.raises(DeclarationError, match=r"plugin 'plugin0', adapter 'writes' failed: KeyError"):
        collected(Fails())
