"""One typed tree: defaults < ``sre-copilot.toml`` < environment < flags, each value with its source.

Plugins add tables of their own with ``copilot_settings``. Every mistake of one load is reported together.
"""

from sre_copilot.settings.core import ReadAccess
from sre_copilot.settings.document import FILE_NAME, SettingsFile, find_file
from sre_copilot.settings.effective import Entry, Settings
from sre_copilot.settings.layers import Flag
from sre_copilot.settings.load import load, requested_plugins

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
