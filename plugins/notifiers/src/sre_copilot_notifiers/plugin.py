"""What this distribution adds to the copilot: a webhook, a chat room, and standard output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.clusters import SettingsSection
from sre_copilot_hookspecs.markers import hookimpl
from sre_copilot_notifiers.settings import NotifySettings

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Check, Notifier, Settings


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[notify]``: who is told of state changes."""
    return [SettingsSection("notify", NotifySettings)]


@hookimpl
def copilot_notifiers(settings: Settings) -> Sequence[Notifier]:
    """Everybody whom ``[notify]`` names."""
    # Only who tells pays for the HTTP client.
    from sre_copilot_notifiers.building import notifiers

    return notifiers(settings.section(NotifySettings))


@hookimpl
def copilot_checks() -> Sequence[Check]:
    """Who would be told."""
    from sre_copilot_notifiers.checks import NotifierChecks

    return [NotifierChecks()]
