"""What this distribution adds to the copilot: direct scraping of metrics endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Check, Dialect, Signal, SignalSource
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[clusters.NAME.exposition]``: the endpoints to scrape."""
    from sre_copilot_exposition.settings import ExpositionSettings
    from sre_copilot_hookspecs.clusters import SettingsSection

    return [SettingsSection("exposition", ExpositionSettings, per_cluster=True)]


@hookimpl
def copilot_signal_sources(dialects: Sequence[Dialect]) -> Sequence[SignalSource]:
    """The source ``exposition``; every cluster brings its own settings when it is opened."""
    # Only who scrapes pays for the HTTP client.
    from sre_copilot_exposition.source import ExpositionSource

    return [ExpositionSource(dialects)]


@hookimpl
def copilot_checks(signals: Sequence[Signal], dialects: Sequence[Dialect]) -> Sequence[Check]:
    """Whether every endpoint answers, and with what signals need."""
    from sre_copilot_exposition.checks import ExpositionChecks

    return [ExpositionChecks(tuple(signals), tuple(dialects))]
