#!/usr/bin/env python3
"""Runs the copilot, its tests and its checks from a clone, with nothing installed but Python.

usage: python3 dev.py COMMAND [ARGUMENTS]

  demo    start Temporal, PostgreSQL and the copilot here, and break things
  run     the sre-copilot command, with its own arguments
  test    the tests, but for the slow ones; arguments go to pytest
  slow    the slow tests; arguments go to pytest
  bench   the benchmarks; arguments go to pytest
  lint    ruff, mypy and import-linter
  docs    write the generated pages of the documentation
  boards  write Grafana's dashboards
  lock    write requirements.lock anew (needs uv); --upgrade takes the newest versions

The first command makes .venv (with uv where it is on PATH, with pip otherwise), and so does the first
one after requirements.lock, a member's pyproject.toml or the Python has changed. Nothing is activated.
SRE_COPILOT_VENV names another folder for it, so that two Pythons can be tested side by side.
"""

import os
import sys

# An old Python has to reach this sentence, so the whole file keeps to the syntax of Python 3.6, and what
# only a newer library or interpreter knows comes after it.
if sys.version_info < (3, 11):
    import shutil
    import subprocess

    def newer_python():
        for minor in range(20, 10, -1):
            name = "python3.{}".format(minor)
            # Version managers put commands on PATH that only say that they are not installed.
            if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
                return name
        return None

    this = "{}.{}.{} at {}".format(*sys.version_info[:3], sys.executable)
    advice = newer_python() or "installing python3.11"
    sys.stderr.write("dev.py needs Python 3.11 or newer; this is {}, try {}\n".format(this, advice))
    sys.exit(2)

if os.name == "nt":
    sys.stderr.write("dev.py runs on Linux and macOS; on Windows, use it inside WSL\n")
    sys.exit(2)

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import re
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / (os.environ.get("SRE_COPILOT_VENV") or ".venv")
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements.lock"

# Written last and removed first: an environment without it is half-made.
STAMP = VENV / ".stamp"
# Written before anything else, so it also marks a folder as one that may be emptied.
LOG = VENV / "install.log"

# Settings of the caller's shell that would send packages elsewhere, or ask for hashes of our own folders.
MISLEADING = (
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REQUIRE_HASHES",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_REQUIRE_HASHES",
    "VIRTUAL_ENV",
)

NO_SPACE = re.compile(r"No space left on device|os error 28|Errno 28")
# What installers and the libraries under them say of a network that is not there, plainest words first.
NO_NETWORK = (
    "connection refused",
    "connection reset",
    "name or service not known",
    "temporary failure in name resolution",
    "nodename nor servname provided",
    "network is unreachable",
    "no route to host",
    "timed out",
    "cannot connect to proxy",
    "failed to establish a new connection",
    "error sending request",
)


class Refused(Exception):
    """What the person at the keyboard has to change, in one line."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def display(path: Path) -> str:
    """The path as a person in the clone would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Refused(f"{display(path)} is not TOML: {problem}") from problem


def members() -> list[Path]:
    """The folders of the distributions, as the workspace in pyproject.toml lists them."""
    patterns = read_toml(ROOT / "pyproject.toml")["tool"]["uv"]["workspace"]["members"]
    return sorted(found.parent for pattern in patterns for found in ROOT.glob(f"{pattern}/pyproject.toml"))


def stamp() -> str:
    """Tells whether an environment is the one that this Python and these files would make."""
    seal = hashlib.sha256()
    for part in (sys.version, str(ROOT), str(VENV)):
        seal.update(part.encode() + b"\0")
    for path in (REQUIREMENTS, *(member / "pyproject.toml" for member in members())):
        # A hash of each file, so that no text can move from one file to the next unseen.
        seal.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return seal.hexdigest()


def is_ready() -> bool:
    # The interpreter is a link to one elsewhere, which may have been removed since.
    return PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == stamp()


def sync() -> None:
    """Make the environment, unless it is up to date."""
    if is_ready():
        return
    with alone() as lock:
        if not is_ready():
            prepare(lock)


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Hold the clone's lock; yields the descriptor that carries it."""
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another dev.py is preparing {display(VENV)}; waiting for it …")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems have no locks; one person there is better served than none.
            pass
        yield descriptor
    finally:
        os.close(descriptor)


def prepare(lock: int) -> None:
    # In a virtual environment, sys.executable may be the very file that is about to be removed.
    python = getattr(sys, "_base_executable", None) or sys.executable
    uv = working_uv()
    if uv:
        make = [uv, "venv", "--allow-existing", "--python", python, str(VENV)]
        install = [uv, "pip", "install", "--python", str(PYTHON)]
    else:
        refuse_without_ensurepip()
        make = [python, "-m", "venv", str(VENV)]
        install = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    editable = [part for member in members() for part in ("--editable", str(member))]
    steps = (
        ("making the environment", make),
        ("installing the libraries", [*install, "--require-hashes", "-r", str(REQUIREMENTS)]),
        # pip takes hashes or folders in one call, not both; the build backend is among the libraries.
        ("installing our own packages", [*install, "--no-deps", "--no-build-isolation", *editable]),
    )

    installer, duration = ("uv", "half a minute") if uv else ("pip", "about a minute")
    say(f"Preparing {display(VENV)} with {installer} (only when requirements change, {duration}) …")
    begin = time.monotonic()
    seal = stamp()
    clear()
    for number, (action, command) in enumerate(steps, 1):
        say(f"  {number}/{len(steps)} {action}")
        step(action, command, lock)
    STAMP.write_text(seal)
    say(f"Ready after {time.monotonic() - begin:.0f} s.")


def working_uv() -> str | None:
    """The uv on PATH, unless it is a version manager's placeholder."""
    uv = shutil.which("uv")
    works = uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0
    return uv if works else None


def refuse_without_ensurepip() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise Refused(
            f"{sys.executable} has no {' and no '.join(missing)} module, which {display(VENV)} is made with: "
            f"install it (on Debian: apt-get install {package}) or put uv on PATH, then run this again"
        )


def clear() -> None:
    """Leave nothing in the environment's folder but the mark that it is ours."""
    VENV.mkdir(parents=True, exist_ok=True)
    content = list(VENV.iterdir())
    if content and not LOG.exists() and not (VENV / "pyvenv.cfg").exists():
        raise Refused(f"{VENV} holds other things than a Python environment; move it away")
    STAMP.unlink(missing_ok=True)
    LOG.write_text("")
    for path in content:
        if path == LOG:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (VENV / ".gitignore").write_text("*\n")


def step(action: str, command: Sequence[str], lock: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    # The child inherits the lock: should this process be killed, the next run waits for the child's end
    # instead of working against it in the same folder.
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
    )
    # The log is a convenience: on a full disk, the reason must still get through.
    with contextlib.suppress(OSError), LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n{done.stdout}\n")
    if done.returncode:
        raise Refused(f"{action} failed: {reason(done.stdout)}; all output is in {display(LOG)}")


def reason(output: str) -> str:
    """The part of an installer's output that a person needs to see, in one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if NO_SPACE.search(output):
        return "the disk is full: free some space and run this again"
    # A connection that broke early and was tried again did not stop the installer: only the end counts.
    end = "\n".join(lines[-12:]).lower()
    for words in NO_NETWORK:
        if words in end:
            return (
                f"the package index cannot be reached ({words}): check the network, the proxy and the "
                "index settings, then run this again"
            )
    errors = [line for line in lines if line.lower().startswith(("error:", "× "))]
    return (errors or lines or ["the installer gave no reason"])[-1].removeprefix("ERROR: ")


def hand_over(*arguments: str) -> NoReturn:
    """Become the environment's Python, so that signals and exit codes need no forwarding."""
    os.environ.pop("PYTHONHOME", None)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def in_root(*arguments: str) -> NoReturn:
    os.chdir(ROOT)
    hand_over(*arguments)


def run(arguments: list[str]) -> NoReturn:
    # The caller's folder stays the current one, for paths such as -p ./payments.py, but must not shadow
    # a library: hence -P, as for the installed command.
    hand_over("-P", "-m", "sre_copilot", *arguments)


def demo(arguments: list[str]) -> NoReturn:
    run(["demo", *arguments])


def test(arguments: list[str]) -> NoReturn:
    in_root("-m", "pytest", *arguments)


def slow(arguments: list[str]) -> NoReturn:
    in_root("-m", "pytest", "-m", "slow", *arguments)


def bench(arguments: list[str]) -> NoReturn:
    # Numbers mean something only one at a time, on the terminal, and without a deadline.
    alone = ("-s", "-n", "0", "-m", "", "--timeout", "0", "-o", "python_files=bench_*.py")
    in_root("-m", "pytest", "tests/benchmarks", *alone, *arguments)


def docs(arguments: list[str]) -> NoReturn:
    in_root("docs/generate.py", *arguments)


def boards(arguments: list[str]) -> NoReturn:
    in_root("grafana/generate.py", *arguments)


def lint(arguments: list[str]) -> int:
    if arguments:
        raise Refused(f"lint takes no arguments, but was given {' '.join(arguments)}")
    checks = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy"],
        "import-linter": [str(VENV / "bin" / "lint-imports")],
    }
    failed = []
    for name, command in checks.items():
        say(f"== {name}")
        if subprocess.run([PYTHON, *command], cwd=ROOT).returncode:
            failed.append(name)
    say(f"lint: {', '.join(failed)} failed" if failed else f"lint: {len(checks)} checks passed")
    return 1 if failed else 0


def lock(arguments: list[str]) -> int:
    """Pin every library with its hashes, for all Pythons and platforms, naming no host."""
    uv = working_uv()
    if not uv:
        raise Refused("lock needs uv on PATH: install it with your package manager or pip")
    draft = REQUIREMENTS.with_suffix(".draft")
    try:
        # uv keeps the versions that the output file already pins.
        draft.write_bytes(REQUIREMENTS.read_bytes() if REQUIREMENTS.exists() else b"")
        if subprocess.run(resolution(uv, draft, arguments), cwd=ROOT, stdout=subprocess.DEVNULL).returncode:
            raise Refused("requirements.lock stays as it was: uv could not resolve it, see above")
        if "://" in draft.read_text():
            raise Refused("requirements.lock stays as it was: an address would be in it; require by name")
        draft.replace(REQUIREMENTS)
    finally:
        draft.unlink(missing_ok=True)
    return 0


def resolution(uv: str, output: Path, arguments: list[str]) -> list[str]:
    projects = [member / "pyproject.toml" for member in members()]
    # Our own packages are installed from their folders, which have no hash.
    own = [part for path in projects for part in ("--no-emit-package", read_toml(path)["project"]["name"])]
    # No header and no annotations: they would quote this machine's paths.
    options = "--quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate"
    inputs = ["--all-extras", "--group", "pyproject.toml:dev", *(str(path) for path in projects)]
    return [uv, "pip", "compile", *options.split(), *own, *arguments, *inputs, "--output-file", str(output)]


# Each with whether it needs the environment.
COMMANDS: dict[str, tuple[Callable[[list[str]], int], bool]] = {
    "demo": (demo, True),
    "run": (run, True),
    "test": (test, True),
    "slow": (slow, True),
    "bench": (bench, True),
    "lint": (lint, True),
    "docs": (docs, True),
    "boards": (boards, True),
    "lock": (lock, False),
}


def explain(problem: OSError) -> str:
    if problem.errno == errno.ENOSPC:
        return "the disk is full: free some space and run this again"
    where = f" ({problem.filename})" if problem.filename else ""
    return f"cannot prepare {display(VENV)}: {problem.strerror}{where}"


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0
    name = arguments[0]
    if name not in COMMANDS:
        say(f"dev.py: no command {name!r}; there are {', '.join(COMMANDS)}")
        return 2
    command, needs_environment = COMMANDS[name]
    try:
        if needs_environment:
            sync()
        return command(arguments[1:])
    except Refused as problem:
        say(f"dev.py: {problem}")
        return 2
    except OSError as problem:
        say(f"dev.py: {explain(problem)}")
        return 2
    except KeyboardInterrupt:
        say("dev.py: interrupted; the next run takes up the work")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
