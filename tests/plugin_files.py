"""Builders for tests about plugins: plugin files, and the program as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

HEAD = """\
from __future__ import annotations

import attrs

from sre_copilot_hookspecs import (
    AmplifierEvaluator, Category, Cause, Check, CheckOutcome, CheckResult, Command, Finding, Findings, Gate,
    Level, Missing, MissingReason, Pressure, Reading, Sample, SettingsSection, Signal, SourceUnavailable,
    Threshold, ThresholdProfile, Unit, gauge, hookimpl,
)


def signal(key, **more):
    more.setdefault("probe", "none")
    return Signal(key=key, category="primary", service="payments", unit=Unit.SECONDS, asks="How long?", **more)


"""


def plugin_file(folder: Path, name: str, body: str) -> Path:
    """A plugin file with the contract already imported, and ``signal(key)``."""
    path = folder / f"{name}.py"
    path.write_text(HEAD + textwrap.dedent(body))
    return path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m sre_copilot`` in ``folder``, with no settings from outside."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SRE_COPILOT_")}
    return subprocess.run(
        [sys.executable, "-m", "sre_copilot", *arguments],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
