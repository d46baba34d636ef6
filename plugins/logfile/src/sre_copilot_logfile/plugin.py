"""What this distribution adds to the copilot: reading log lines from files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import NarrativeSource
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[clusters.NAME.logfile]``: where the log of a cluster lies."""
    from sre_copilot_hookspecs.clusters import SettingsSection
    from sre_copilot_logfile.settings import LogfileSettings

    return [SettingsSection("logfile", LogfileSettings, per_cluster=True)]


@hookimpl
def copilot_narrative_sources() -> Sequence[NarrativeSource]:
    """The source ``file``; every cluster brings its own settings when it is opened."""
    from sre_copilot_logfile.source import LogfileSource

    return [LogfileSource()]
