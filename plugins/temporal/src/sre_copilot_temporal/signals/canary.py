"""A tiny workflow of our own that goes the whole way, if that is wanted."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit

CANARY_SUCCESS = Signal(
    key="canary.success",
    category="primary",
    service="frontend",
    unit=Unit.COUNT,
    asks="Does a workflow that does nothing start, run and complete? 1 for yes, 0 for no.",
    probe="temporal_canary",
    note="Asked only where clusters.NAME.temporal_api.canary is true. It never counts as demand.",
)

CANARY_ROUND_TRIP = Signal(
    key="canary.round_trip",
    category="primary",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long does that take from its start to its result?",
    probe="temporal_canary",
)
