"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import AmplifierEvaluator, Cause, Service, Signal


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
def copilot_causes() -> Sequence[Cause]:
    """What these mean."""
    from sre_copilot_dsql.health import CAUSES

    return CAUSES


@hookimpl
def copilot_services() -> Sequence[Service]:
    """DSQL as an actor of the cluster."""
    from sre_copilot_dsql.health import SERVICE

    return [SERVICE]
