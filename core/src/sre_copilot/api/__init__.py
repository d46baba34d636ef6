"""The JSON API: what the store knows, with its age. It derives nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sre_copilot.api.app import app_for, make_app
    from sre_copilot.api.server import ApiServer

__all__ = ["ApiServer", "app_for", "make_app"]

_HOMES = {
    "ApiServer": "sre_copilot.api.server",
    "app_for": "sre_copilot.api.app",
    "make_app": "sre_copilot.api.app",
}


def __getattr__(name: str) -> object:
    # Commands that only ask an API are in this package too, and would wait a second for the server's libraries.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
