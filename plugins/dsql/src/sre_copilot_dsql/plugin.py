"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Adapter, GuardRail, NarrativeParser, Parameter


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
