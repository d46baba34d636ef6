"""What this distribution adds to the copilot: reading log lines from Loki."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import NarrativeSource
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[clusters.NAME.loki]``: the server to ask, and how to tell a cluster's streams from others."""
    from sre_copilot_hookspecs.clusters import SettingsSection
    from sre_copilot_loki.settings import LokiSettings

    return [SettingsSection("loki", LokiSettings, per_cluster=True)]


@hookimpl
def copilot_narrative_sources() -> Sequence[NarrativeSource]:
    """The source ``loki``; every cluster brings its own settings when it is opened."""
    # Only who asks pays for the HTTP client.
    from sre_copilot_loki.source import LokiSource

    return [LokiSource()]
