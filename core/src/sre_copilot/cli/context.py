"""What a command works with: the plugins and the settings that the global options ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from sre_copilot.cli.options import GlobalOptions
from sre_copilot.plugins.failures import PluginFailure
from sre_copilot.plugins.manager import Manager
from sre_copilot.plugins.requests import plugin_request
from sre_copilot.settings.document import SettingsFile, find_file
from sre_copilot.settings.requested import requested_plugins

if TYPE_CHECKING:
    from sre_copilot.settings.effective import Settings

OPTIONS: ContextVar[GlobalOptions] = ContextVar("OPTIONS", default=GlobalOptions())  # noqa: B039 - it is frozen
"""The global options of this process."""


class Context(NamedTuple):
    """Plugins and settings of this process."""

    manager: Manager
    settings: Settings


def warn(failure: PluginFailure) -> None:
    """Say on stderr that a plugin failed."""
    sys.stderr.write(f"sre-copilot: {failure.says}; left out\n")


def load_manager(on_failure: Callable[[PluginFailure], None] | None = warn) -> Manager:
    """The plugins that options, environment and settings file ask for.

    :raises CopilotError: if a plugin that was asked for cannot be loaded, or the file cannot be read.
    """
    return _manager(find_file(OPTIONS.get().config), on_failure)


def _manager(file: SettingsFile | None, on_failure: Callable[[PluginFailure], None] | None) -> Manager:
    asked = (plugin_request(text) for text in OPTIONS.get().plugins)
    return Manager.load((*requested_plugins(file, os.environ), *asked), on_failure=on_failure)


def load_context(
    overrides: Mapping[str, Any] | None = None,
    *,
    on_failure: Callable[[PluginFailure], None] | None = warn,
) -> Context:
    """Plugins and settings as the user wants them.

    :param overrides: what a command's own flags set, nested as in the file, such as
        ``{"api": {"port": Flag("--port", port)}}``; ``None`` sets nothing.
    :param on_failure: told of each plugin that fails, now or later.
    :raises CopilotError: if a plugin that was asked for, or a setting, is wrong.
    """
    # Commands that only compile or explain configurations start without this.
    from sre_copilot.settings.loading import load

    file = find_file(OPTIONS.get().config)
    manager = _manager(file, on_failure)
    settings = load(manager, file=file, environment=os.environ, overrides=overrides)
    return Context(manager, settings)
