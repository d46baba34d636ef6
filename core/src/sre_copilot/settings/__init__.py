"""One typed tree: defaults < ``sre-copilot.toml`` < environment < flags, each value with its source.

Plugins add tables of their own with ``copilot_settings``. Every mistake of one load is reported together.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sre_copilot.settings.core import ReadAccess
    from sre_copilot.settings.document import FILE_NAME, SettingsFile, find_file
    from sre_copilot.settings.effective import Entry, Settings
    from sre_copilot.settings.layers import Flag
    from sre_copilot.settings.loading import load
    from sre_copilot.settings.requested import requested_plugins

_HOMES = {
    "ReadAccess": "core",
    "FILE_NAME": "document",
    "SettingsFile": "document",
    "find_file": "document",
    "Entry": "effective",
    "Settings": "effective",
    "Flag": "layers",
    "load": "loading",
    "requested_plugins": "requested",
}
"""The module of each name. Commands that need no settings but the plugins to load import only what says these."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "FILE_NAME",
    "Entry",
    "Flag",
    "ReadAccess",
    "Settings",
    "SettingsFile",
    "find_file",
    "load",
    "requested_plugins",
]
