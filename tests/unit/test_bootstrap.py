"""dev.py on machines where something is missing, and the files that it works from.

Every run is a real one, in a small clone of its own, without the network: uv is a stand-in that can be told
to fail or to wait, pip is the real one and finds its only wheel in a folder.
"""

from __future__ import annotations

import ast
import errno
import hashlib
import importlib.util
import inspect
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]

FALSE = shutil.which("false") or "/bin/false"

STAND_IN_FOR_UV = """\
#!{python}
import os, pathlib, sys, time
here = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(" ".join(arguments) + chr(10))
if "venv" in arguments:
    folder = pathlib.Path(arguments[-1])
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to({base!r})
    (folder / "pyvenv.cfg").write_text("home = " + os.path.dirname({base!r}))
elif "install" in arguments:
    while (here / "wait").exists():
        time.sleep(0.02)
    print(os.environ.get("UV_SAYS", ""))
    sys.exit(1 if "UV_SAYS" in os.environ else 0)
elif "compile" in arguments:
    pathlib.Path(arguments[-1]).write_text(os.environ["UV_WRITES"])
"""

SHOW = "import os, sys; print('prefix', sys.prefix); print('cwd', os.getcwd()); print('argv', sys.argv[1:])\n"


def write_wheel(folder: str, name: str, files: dict[str, str]) -> str:
    """Write a wheel of version 1.0 with these files; returns its file name."""
    info = f"{name}-1.0.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    wheel = f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:  # noqa: PTH118 - runs in a build, too
        for path, text in {**content, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


BUILD_BACKEND = f"""\
import os, zipfile

{inspect.getsource(write_wheel)}

def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(folder, "sre_copilot", {{"sre_copilot.pth": os.path.join(os.getcwd(), "src")}})
"""


@attrs.frozen
class Clone:
    """A small clone: dev.py as it is, one member, one library."""

    root: Path
    bin: Path
    wheels: Path

    @property
    def uv_calls(self) -> list[str]:
        calls = self.bin / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    @property
    def preparations(self) -> int:
        return sum(" venv " in f" {call} " for call in self.uv_calls)

    def put_uv_on_path(self) -> None:
        base = getattr(sys, "_base_executable", sys.executable)
        program = self.bin / "uv"
        program.write_text(STAND_IN_FOR_UV.format(python=sys.executable, base=base))
        program.chmod(0o755)

    def environment(self, **changes: str) -> dict[str, str]:
        return {"HOME": str(self.root), "PATH": str(self.bin), "PIP_CONFIG_FILE": os.devnull, **changes}

    def start(self, *arguments: str, python: str = sys.executable, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [python, str(self.root / "dev.py"), *arguments],
            cwd=self.bin,
            env=self.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, python: str = sys.executable, **changes: str) -> Outcome:
        process = self.start(*arguments, python=python, **changes)
        out, err = process.communicate(timeout=60)
        return Outcome(process.returncode, out, err)

    def load(self) -> Any:
        """dev.py of this clone as a module; its main() must not get as far as to become another program."""
        return load(self.root / "dev.py")


@attrs.frozen
class Outcome:
    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that says what is wrong."""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if line.startswith("dev.py")]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0]
        return lines[0]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    # For what runs in this process: it may itself have been started with a folder of its own, and must
    # survive a main() that is not refused as it should be.
    monkeypatch.delenv("SRE_COPILOT_VENV", raising=False)
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("dev.py handed over"))
    root, bin_, wheels = (tmp_path / name for name in ("clone", "bin", "wheels"))
    package = root / "member" / "src" / "sre_copilot"
    for folder in (package, root / "docs", bin_, wheels):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "dev.py", root)
    (root / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["member"]\n')
    (root / "docs" / "generate.py").write_text(SHOW)
    (package / "__main__.py").write_text("import one_library\n" + SHOW)
    (root / "member" / "build.py").write_text(BUILD_BACKEND)
    (root / "member" / "pyproject.toml").write_text(
        '[project]\nname = "sre_copilot"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "build"\nbackend-path = ["."]\n'
    )
    wheel = wheels / write_wheel(str(wheels), "one_library", {"one_library.py": ""})
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (root / "requirements.lock").write_text(f"one-library==1.0 \\\n    --hash=sha256:{digest}\n")
    return Clone(root, bin_, wheels)


@pytest.fixture
def clone_with_uv(clone: Clone) -> Clone:
    clone.put_uv_on_path()
    return clone


@pytest.fixture
def waiting(clone_with_uv: Clone) -> Iterator[Clone]:
    """A clone whose installer waits until the file named wait is gone."""
    wait = clone_with_uv.bin / "wait"
    wait.touch()
    yield clone_with_uv
    wait.unlink(missing_ok=True)


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited 20 s in vain"
        time.sleep(0.02)


def is_installing(clone: Clone) -> bool:
    return any("install" in call for call in clone.uv_calls)


# --- Pythons that are too old --------------------------------------------------------------------


def test_every_python_3_can_parse_dev_py() -> None:
    ast.parse((ROOT / "dev.py").read_text(), feature_version=(3, 6))


def test_an_old_python_is_told_which_one_to_use(clone: Clone) -> None:
    (clone.bin / "python3.13").symlink_to(FALSE)
    (clone.bin / "python3.12").symlink_to(sys.executable)
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", pretend, str(clone.root / "dev.py")],
        env=clone.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (f"dev.py needs Python 3.11 or newer; this is 3.9.2 at {sys.executable}, try python3.12\n")


OLD_PYTHONS = sorted((Path.home() / ".pyenv" / "versions").glob("3.[6-9].*/bin/python3"))
OLD_PYTHONS += sorted((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python3"))


@pytest.mark.skipif(not OLD_PYTHONS, reason="no Python older than 3.11 is on this machine")
def test_the_old_pythons_of_this_machine_get_one_line(clone: Clone) -> None:
    for python in OLD_PYTHONS:
        done = clone.run("test", python=str(python))
        assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
        assert "needs Python 3.11 or newer" in done.complaint


# --- pip -----------------------------------------------------------------------------------------


def test_without_network_pip_fails_in_one_line_and_the_next_run_mends_it(clone: Clone) -> None:
    refused = clone.run("run", PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="1")
    assert refused.code == 2
    assert "package index cannot be reached (connection refused)" in refused.complaint
    assert ".venv/install.log" in refused.complaint
    assert "one-library" in (clone.root / ".venv" / "install.log").read_text()
    assert not (clone.root / ".venv" / ".stamp").exists()

    # PIP_TARGET and its like in the caller's shell must not lead the libraries astray.
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone.wheels), "PIP_TARGET": str(clone.bin)}
    mended = clone.run("run", "status", "--json", **offline)
    assert mended.code == 0, mended.err
    assert "Preparing .venv with pip" in mended.err
    assert f"prefix {clone.root / '.venv'}" in mended.out
    assert "argv ['status', '--json']" in mended.out
    # The caller's folder stays, for the sake of relative paths among the arguments.
    assert f"cwd {clone.bin}" in mended.out

    again = clone.run("demo", "--seconds", "5")
    assert (again.code, again.err) == (0, "")
    assert "argv ['demo', '--seconds', '5']" in again.out


def test_a_library_with_another_hash_is_refused(clone: Clone) -> None:
    (clone.root / "requirements.lock").write_text(f"one-library==1.0 --hash=sha256:{'0' * 64}\n")
    done = clone.run("run", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(clone.wheels))
    assert done.code == 2
    assert "DO NOT MATCH THE HASHES" in done.complaint


def test_a_python_without_ensurepip_names_the_package_to_install(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(clone.bin))
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # type: ignore[arg-type]
    assert clone.load().main(["test"]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "no ensurepip module, which .venv is made with: install it" in err
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in err
    assert not (clone.root / ".venv").exists()


# --- folders and disks ---------------------------------------------------------------------------


def test_a_file_where_the_environment_belongs(clone_with_uv: Clone) -> None:
    in_the_way = clone_with_uv.root / ".venv"
    in_the_way.write_text("")
    done = clone_with_uv.run("docs")
    assert done.code == 2
    assert "cannot prepare .venv: File exists" in done.complaint
    in_the_way.unlink()
    assert clone_with_uv.run("docs").code == 0


def test_a_folder_that_may_not_be_written(
    clone_with_uv: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # root may write anywhere, so the refusal is put in by hand.
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    dev = clone_with_uv.load()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        assert dev.main(["docs"]) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1] == f"dev.py: cannot prepare .venv: Permission denied ({clone_with_uv.root / '.venv'})"
    assert clone_with_uv.run("docs").code == 0


def test_a_folder_of_something_else_is_never_emptied(clone_with_uv: Clone) -> None:
    precious = clone_with_uv.root / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    done = clone_with_uv.run("docs", SRE_COPILOT_VENV="precious")
    assert done.code == 2
    assert "precious holds other things than a Python environment" in done.complaint
    assert [path.name for path in precious.iterdir()] == ["thesis.txt"]


def test_a_disk_that_fills_up_during_the_installation(clone_with_uv: Clone) -> None:
    done = clone_with_uv.run("docs", UV_SAYS="error: failed to write: No space left on device (os error 28)")
    assert done.code == 2
    assert "the disk is full" in done.complaint
    assert clone_with_uv.run("docs").code == 0


def test_a_disk_that_is_full_before_the_installation(
    clone_with_uv: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    dev = clone_with_uv.load()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", refuse)
        patch.setenv("PATH", str(clone_with_uv.bin))
        assert dev.main(["docs"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("dev.py: the disk is full")
    assert clone_with_uv.run("docs").code == 0


# --- interruptions -------------------------------------------------------------------------------


def test_ctrl_c_leaves_one_line_and_the_next_run_begins_anew(waiting: Clone) -> None:
    process = waiting.start("docs")
    until(lambda: is_installing(waiting))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    # The stand-in, a Python too, writes its own traceback to the pipe, which nobody reads any more.
    assert Outcome(process.returncode, "", err).complaint.startswith("dev.py: interrupted")
    assert process.returncode == 130
    (waiting.bin / "wait").unlink()
    assert waiting.run("docs").code == 0
    assert waiting.preparations == 2


def test_after_a_kill_the_next_run_waits_for_the_orphan_and_begins_anew(waiting: Clone) -> None:
    killed = waiting.start("docs")
    until(lambda: is_installing(waiting))
    killed.kill()
    killed.wait()
    assert not (waiting.root / ".venv" / ".stamp").exists()

    follower = waiting.start("docs")
    assert follower.stderr is not None
    assert follower.stderr.readline() == "Another dev.py is preparing .venv; waiting for it …\n"
    assert waiting.preparations == 1
    (waiting.bin / "wait").unlink()
    out, _ = follower.communicate(timeout=20)
    assert follower.returncode == 0
    assert f"prefix {waiting.root / '.venv'}" in out
    assert waiting.preparations == 2
    for stream in (killed.stdout, killed.stderr):
        assert stream is not None
        stream.close()


def test_two_runs_at_once_prepare_once(waiting: Clone) -> None:
    first = waiting.start("docs")
    until(lambda: is_installing(waiting))
    second = waiting.start("docs")
    assert second.stderr is not None
    assert "waiting for it" in second.stderr.readline()
    (waiting.bin / "wait").unlink()
    for process in (first, second):
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert waiting.preparations == 1


# --- when to prepare -----------------------------------------------------------------------------


def test_an_environment_that_is_up_to_date_is_left_alone(clone_with_uv: Clone) -> None:
    first = clone_with_uv.run("docs", "--check")
    assert first.code == 0
    assert "Preparing .venv with uv" in first.err
    assert f"cwd {clone_with_uv.root}" in first.out
    assert "argv ['--check']" in first.out
    calls = clone_with_uv.uv_calls

    took = []
    for _ in range(5):
        begin = time.monotonic()
        again = clone_with_uv.run("docs")
        took.append(time.monotonic() - begin)
        assert (again.code, again.err) == (0, "")
    assert clone_with_uv.uv_calls == calls
    assert min(took) < 0.5


@pytest.mark.parametrize("changed", ["requirements.lock", "member/pyproject.toml"])
def test_a_changed_requirement_means_a_new_environment(clone_with_uv: Clone, changed: str) -> None:
    clone_with_uv.run("docs")
    stray = clone_with_uv.root / ".venv" / "stray"
    stray.touch()
    path = clone_with_uv.root / changed
    path.write_text(path.read_text() + "# changed\n")
    assert "Preparing" in clone_with_uv.run("docs").err
    assert not stray.exists()


def test_an_environment_that_is_half_removed_has_lost_its_stamp(
    clone_with_uv: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    clone_with_uv.run("docs")
    path = clone_with_uv.root / "requirements.lock"
    before = path.read_text()
    path.write_text(before + "# changed\n")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", interrupt)
        patch.setenv("PATH", str(clone_with_uv.bin))
        assert clone_with_uv.load().main(["docs"]) == 130
    # With the change taken back, the old stamp would fit again.
    path.write_text(before)
    assert "Preparing" in clone_with_uv.run("docs").err


def test_the_stamp_tells_pythons_members_and_folders_apart(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = [clone.load().stamp()]
    assert clone.load().stamp() == stamps[0]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(clone.root, elsewhere)
    stamps.append(load(elsewhere / "dev.py").stamp())
    (clone.root / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["member", "more"]\n')
    (clone.root / "more").mkdir()
    shutil.copy(clone.root / "member" / "pyproject.toml", clone.root / "more")
    stamps.append(clone.load().stamp())
    monkeypatch.setattr(sys, "version", "3.99.0 (of the future)")
    stamps.append(clone.load().stamp())
    assert len(set(stamps)) == len(stamps)


def test_an_interpreter_that_was_removed_since_means_a_new_environment(clone_with_uv: Clone) -> None:
    clone_with_uv.run("docs")
    python = clone_with_uv.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert clone_with_uv.run("docs").code == 0


def test_a_uv_that_only_says_it_is_missing_is_passed_over(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.bin / "uv").symlink_to(FALSE)
    monkeypatch.setenv("PATH", str(clone.bin))
    assert clone.load().working_uv() is None


# --- the commands --------------------------------------------------------------------------------


def test_an_unknown_command_is_refused_with_the_list_of_commands(clone: Clone) -> None:
    done = clone.run("tset")
    assert done.code == 2
    assert "'tset'" in done.complaint
    assert "demo, run, test" in done.complaint


def test_the_usage_names_every_command(clone: Clone) -> None:
    done = clone.run()
    assert done.code == 0
    commands = clone.load().COMMANDS
    assert set(commands) <= set(re.findall(r"^  (\w+)", done.out, re.MULTILINE))


def test_lock_needs_uv(clone: Clone) -> None:
    before = (clone.root / "requirements.lock").read_text()
    assert "needs uv on PATH" in clone.run("lock").complaint
    assert (clone.root / "requirements.lock").read_text() == before


def test_lock_never_writes_an_address(clone_with_uv: Clone) -> None:
    path = clone_with_uv.root / "requirements.lock"
    before = path.read_text()
    refused = clone_with_uv.run("lock", UV_WRITES="one-library @ https://example.org/one.whl\n")
    assert refused.code == 2
    assert "stays as it was" in refused.complaint
    assert path.read_text() == before
    assert clone_with_uv.run("lock", UV_WRITES="one-library==2.0\n").code == 0
    assert path.read_text() == "one-library==2.0\n"
    assert sorted(path.parent.glob("requirements*")) == [path]


# --- the files of this clone ---------------------------------------------------------------------


def read(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


WORKSPACE = read("pyproject.toml")
PROJECTS = {
    path.parent: tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    for pattern in WORKSPACE["tool"]["uv"]["workspace"]["members"]
    for path in sorted(ROOT.glob(f"{pattern}/pyproject.toml"))
}
OWN = {project["name"] for project in PROJECTS.values()}


def locked() -> dict[str, str]:
    """The pinned version of every library, by its name, and the hashes checked on the way."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    pins = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=")
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes), requirement
        parsed = Requirement(requirement.strip())
        (pin,) = parsed.specifier
        assert pin.operator == "==", requirement
        pins[canonicalize_name(parsed.name)] = pin.version
    return pins


def test_the_lock_names_versions_and_hashes_but_no_address() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
    assert len(locked()) > 40


def test_the_lock_meets_every_requirement_of_the_workspace() -> None:
    wanted = list(WORKSPACE["dependency-groups"]["dev"])
    for project in PROJECTS.values():
        wanted += project["dependencies"]
        for extra in project.get("optional-dependencies", {}).values():
            wanted += extra
    pins = locked()
    for requirement in map(Requirement, wanted):
        if requirement.name in OWN:
            continue
        version = pins.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not in requirements.lock; run: python3 dev.py lock"
        assert requirement.specifier.contains(version), f"{requirement}, but locked is {version}"


def test_the_workspace_knows_every_distribution() -> None:
    assert set(WORKSPACE["tool"]["uv"]["sources"]) == OWN
    packages = {path.name for folder in PROJECTS for path in (folder / "src").iterdir() if path.is_dir()}
    assert set(WORKSPACE["tool"]["importlinter"]["root_packages"]) == packages


def contract(name: str) -> dict[str, Any]:
    (found,) = [each for each in WORKSPACE["tool"]["importlinter"]["contracts"] if each["id"] == name]
    return dict(found)


def test_every_room_has_its_place_among_the_walls() -> None:
    layers = [layer.strip("()") for layer in contract("rooms")["layers"]]
    rooms = {path.parent.name for path in (ROOT / "core/src/sre_copilot").glob("*/__init__.py")}
    assert rooms <= set(layers), f"no layer for {rooms - set(layers)}"

    pure = set(layers[layers.index("plugins") + 1 :])
    bare = {f"sre_copilot.{room}" for room in rooms & pure}
    missing = bare - set(contract("pure")["source_modules"])
    assert not missing, f"built, so named without a wildcard in the contract 'pure': {missing}"


def test_the_core_is_forbidden_to_every_plugin_and_to_the_contract() -> None:
    packages = set(WORKSPACE["tool"]["importlinter"]["root_packages"])
    assert set(contract("plugins")["source_modules"]) == packages - {"sre_copilot"}


def test_the_contract_imports_three_libraries_only() -> None:
    allowed = {"attrs", "pluggy", "whenever", "sre_copilot_hookspecs", *sys.stdlib_module_names}
    for path in (ROOT / "hookspecs" / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            foreign = {name.split(".")[0] for name in names} - allowed
            assert not foreign, f"{path.name}, line {node.lineno}: {foreign}"


def test_ci_runs_the_checks_and_the_tests_of_dev_py() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["/bin/bash", "-n", str(script)]).returncode == 0
    assert script.read_text().count("dev.py") >= 3
