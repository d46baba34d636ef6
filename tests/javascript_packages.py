"""JavaScript packages that tests need, installed once into ``build/`` and shared by all test processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "javascript"
BUILD = Path(__file__).parents[1] / "build" / "javascript"


def folder() -> Path:
    """A folder with ``node_modules`` and our scripts.

    Skips the test where Node.js or its packages cannot be had; fails it in CI.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _without(f"{program} is not installed; on Debian: apt-get install nodejs npm")
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install()
    return BUILD


def _install() -> None:
    stamp = BUILD / ".stamp"
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    for script in (*HERE.glob("*.mjs"), *HERE.glob("package*.json")):
        shutil.copy(script, BUILD)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, timeout=240)
    if done.returncode:
        _without(f"npm cannot install the packages of tests/javascript: {done.stderr.strip()[-500:]}")
    stamp.write_text(wanted)


def _without(sentence: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
