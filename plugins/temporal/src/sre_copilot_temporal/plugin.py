"""Everything that knows Temporal, offered through the same hooks that any other plugin uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import (
        Adapter,
        AmplifierEvaluator,
        Cause,
        Check,
        Dialect,
        Gate,
        GuardRail,
        Modifier,
        NarrativeParser,
        Parameter,
        Preset,
        Service,
        Signal,
        SignalSource,
        ThresholdProfile,
        WorkerRule,
    )
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """How the API of each watched cluster is asked."""
    from sre_copilot_hookspecs.clusters import SettingsSection
    from sre_copilot_temporal.settings import TemporalSettings

    return [SettingsSection("temporal_api", TemporalSettings, per_cluster=True)]


@hookimpl
def copilot_signals() -> Sequence[Signal]:
    """What can be measured on a Temporal cluster."""
    from sre_copilot_temporal.signals import SIGNALS

    return SIGNALS


@hookimpl
def copilot_dialects() -> Sequence[Dialect]:
    """How servers and SDKs spell their metrics."""
    from sre_copilot_temporal.dialects import DIALECTS

    return DIALECTS


@hookimpl
def copilot_signal_sources() -> Sequence[SignalSource]:
    """The live API of the cluster, and a workflow of our own that goes the whole way."""
    from sre_copilot_temporal.api.source import TemporalApiSource
    from sre_copilot_temporal.canary.source import CanarySource

    return [TemporalApiSource(), CanarySource()]


@hookimpl
def copilot_gates() -> Sequence[Gate]:
    """When progress is lost, suffers, or is as it should be."""
    from sre_copilot_temporal.gates import GATES

    return GATES


@hookimpl
def copilot_threshold_profiles() -> Sequence[ThresholdProfile]:
    """The numbers behind the gates, and behind what evaluators find."""
    from sre_copilot_temporal.evaluators import LIMITS
    from sre_copilot_temporal.thresholds import THRESHOLD_PROFILES

    return [*THRESHOLD_PROFILES, LIMITS]


@hookimpl
def copilot_causes() -> Sequence[Cause]:
    """What holds back progress, and what to do about it."""
    from sre_copilot_temporal.causes import CAUSES

    return CAUSES


@hookimpl
def copilot_services() -> Sequence[Service]:
    """The actors of a cluster."""
    from sre_copilot_temporal.services import SERVICES

    return SERVICES


@hookimpl
def copilot_worker_rules() -> Sequence[WorkerRule]:
    """What must never be recommended."""
    from sre_copilot_temporal.services import WORKER_RULES

    return WORKER_RULES


@hookimpl
def copilot_amplifier_evaluators() -> Sequence[AmplifierEvaluator]:
    """Who looks for pressure."""
    from sre_copilot_temporal.evaluators import EVALUATORS

    return EVALUATORS


@hookimpl
def copilot_parameters() -> Sequence[Parameter]:
    """Targets, topology, and the settings of server and workers."""
    from sre_copilot_temporal.parameters import PARAMETERS

    return PARAMETERS


@hookimpl
def copilot_presets() -> Sequence[Preset]:
    """Three sizes of a cluster."""
    from sre_copilot_temporal.presets import PRESETS

    return PRESETS


@hookimpl
def copilot_modifiers() -> Sequence[Modifier]:
    """Four kinds of workload."""
    from sre_copilot_temporal.modifiers import MODIFIERS

    return MODIFIERS


@hookimpl
def copilot_guard_rails() -> Sequence[GuardRail]:
    """Values that contradict each other."""
    from sre_copilot_temporal.guard_rails import GUARD_RAILS

    return GUARD_RAILS


@hookimpl
def copilot_checks() -> Sequence[Check]:
    """Temporal's part of the doctor."""
    from sre_copilot_temporal.checks import TemporalChecks

    return [TemporalChecks()]


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """Files for servers, SDKs, Docker Compose and Kubernetes, and the two profiles."""
    from sre_copilot_temporal.adapters import ADAPTERS

    return ADAPTERS


@hookimpl
def copilot_narrative_parsers() -> Sequence[NarrativeParser]:
    """What a server's log lines mean."""
    from sre_copilot_temporal.patterns import PARSER

    return [PARSER]
