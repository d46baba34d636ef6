"""What this distribution adds to the copilot: reading signals through Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.clusters import SettingsSection
from sre_copilot_hookspecs.markers import hookimpl
from sre_copilot_prometheus.settings import PrometheusSettings

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Check, Dialect, RequestSigner, Signal, SignalSource


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[clusters.NAME.prometheus]``: the server to ask, and how to tell a cluster's series from others."""
    return [SettingsSection("prometheus", PrometheusSettings, per_cluster=True)]


@hookimpl
def copilot_signal_sources(dialects: Sequence[Dialect], signers: Sequence[RequestSigner]) -> Sequence[SignalSource]:
    """The source ``prometheus``; every cluster brings its own settings when it is opened."""
    # Only who asks pays for the HTTP client.
    from sre_copilot_prometheus.source import PrometheusSource

    return [PrometheusSource(dialects, signers)]


@hookimpl
def copilot_checks(
    signals: Sequence[Signal], dialects: Sequence[Dialect], signers: Sequence[RequestSigner]
) -> Sequence[Check]:
    """Whether every server answers, and has what signals need."""
    from sre_copilot_prometheus.checks import PrometheusChecks

    return [PrometheusChecks(tuple(signals), tuple(dialects), tuple(signers))]
