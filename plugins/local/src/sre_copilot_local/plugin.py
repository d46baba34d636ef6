"""Embedded servers as a plugin. Importing this file loads no server, no client and no driver."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.errors import EnvironmentUnavailable
from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs.environments import Environment


@hookimpl
def copilot_environments(folder: Path) -> Environment:
    """Servers of this machine, with everything they write under ``folder``; nothing starts yet."""
    if os.name != "posix":
        raise EnvironmentUnavailable("Embedded servers need Linux or macOS; on Windows, run them under WSL.")
    from sre_copilot_local.environment import LocalEnvironment

    return LocalEnvironment(folder)
