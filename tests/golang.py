"""Debian's gofmt, the reference for how Go is written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = "golang-1.19-go"
"""The Debian package that has it; it stands in .ci/run."""


def gofmt() -> str:
    """Its path: Debian puts it beside the version's other programs, not on the PATH."""
    beside = sorted(Path("/usr/lib").glob("go-*/bin/gofmt"))
    found = shutil.which("gofmt") or (str(beside[-1]) if beside else None)
    if found is None:
        pytest.skip(f"there is no gofmt here; install the Debian package {PACKAGE}")
    return found


def complaints(source: bytes) -> str:
    """What gofmt says of a source: syntax errors, and each line it would write otherwise. Empty is good."""
    ran = subprocess.run([gofmt(), "-e", "-d"], input=source, capture_output=True, timeout=30)
    return (ran.stdout + ran.stderr).decode()
