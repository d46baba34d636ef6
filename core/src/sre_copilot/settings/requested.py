"""The one setting that is read before all others: which plugins to load.

It stands apart, because commands that need no other setting start in half the time.
"""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot.plugins.requests import PluginRequest, plugin_request
from sre_copilot.settings.document import SettingsFile
from sre_copilot_hookspecs.errors import SettingsError

PREFIX = "SRE_COPILOT_"
"""What the name of every environment variable of ours begins with."""


def requested_plugins(
    file: SettingsFile | None, environment: Mapping[str, str] | None = None
) -> tuple[PluginRequest, ...]:
    """The plugins that file and environment ask for, which must be loaded before anything else is understood.

    The environment replaces the file's list, as it does with every other setting.

    :raises SettingsError: if ``plugins`` is not a list of names.
    """
    variable = f"{PREFIX}PLUGINS"
    if environment and variable in environment:
        names = [name.strip() for name in environment[variable].split(",") if name.strip()]
        return tuple(plugin_request(name, asked_by=variable) for name in names)
    if file is None or "plugins" not in file.content:
        return ()
    names = file.content["plugins"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f'{file.source(("plugins",))}: plugins must be a list of names, such as ["./payments.py"]')
    return tuple(plugin_request(name, asked_by=str(file.path), folder=file.path.parent) for name in names)
