"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import (
        Adapter,
        AmplifierEvaluator,
        Cause,
        GuardRail,
        NarrativeParser,
        Parameter,
        Service,
        Signal,
        ThresholdProfile,
    )


@hookimpl
def copilot_parameters() -> Sequence[Parameter]:
    """How a Temporal cluster connects to DSQL."""
    from sre_copilot_dsql.parameters import PARAMETERS

    return PARAMETERS


@hookimpl
def copilot_guard_rails() -> Sequence[GuardRail]:
    """Combinations that DSQL's quotas do not bear."""
    from sre_copilot_dsql.guard_rails import GUARD_RAILS

    return GUARD_RAILS


@hookimpl
def copilot_adapters() -> Sequence[Adapter]:
    """The persistence plugin's settings file."""
    from sre_copilot_dsql.plugin_settings import DsqlSettingsAdapter

    return [DsqlSettingsAdapter()]


@hookimpl
def copilot_narrative_parsers() -> Sequence[NarrativeParser]:
    """What log lines about Aurora DSQL mean."""
    from sre_copilot_dsql.patterns import PARSER

    return [PARSER]


@hookimpl
def copilot_signals() -> Sequence[Signal]:
    """What the server's DSQL plugin tells."""
    from sre_copilot_dsql.signals import SIGNALS

    return SIGNALS


@hookimpl
def copilot_amplifier_evaluators() -> Sequence[AmplifierEvaluator]:
    """Who looks for collisions and for missing connections."""
    from sre_copilot_dsql.health import EVALUATORS

    return EVALUATORS


@hookimpl
def copilot_threshold_profiles() -> Sequence[ThresholdProfile]:
    """The numbers behind what evaluators find."""
    from sre_copilot_dsql.health import LIMITS

    return [LIMITS]


@hookimpl
def copilot_causes() -> Sequence[Cause]:
    """What these mean."""
    from sre_copilot_dsql.health import CAUSES

    return CAUSES


@hookimpl
def copilot_services() -> Sequence[Service]:
    """DSQL as an actor of the cluster."""
    from sre_copilot_dsql.health import SERVICE

    return [SERVICE]
