"""What this distribution adds to the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import NarrativeParser


@hookimpl
def copilot_narrative_parsers() -> Sequence[NarrativeParser]:
    """What log lines about Aurora DSQL mean."""
    from sre_copilot_dsql.patterns import PARSER

    return [PARSER]
