"""How words of the API look, and how units are shown."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import dashboard as models

from sre_copilot_hookspecs import HealthState, Level, Unit

GOOD, UNEASY, BAD, UNSURE = "green", "orange", "red", "#808080"

STATES = {
    HealthState.HAPPY.value: GOOD,
    HealthState.STRESSED.value: UNEASY,
    HealthState.CRITICAL.value: BAD,
    HealthState.UNKNOWN.value: UNSURE,
}
LEVELS = {Level.STRESSED: UNEASY, Level.CRITICAL: BAD}
SEVERITIES = {"warning": UNEASY, "critical": BAD}
OUTCOMES = {"fired": BAD, "clear": GOOD, "unknown": UNSURE}
TRENDS = {"improving": GOOD, "worsening": UNEASY}
FLAGS = {"true": UNEASY, "false": GOOD}

UNITS = {
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.RATIO: "percentunit",
    Unit.COUNT: "short",
    Unit.PER_SECOND: "cps",
    Unit.BYTES_PER_SECOND: "Bps",
}
"""Grafana's names of the base units."""


def coloured(colours: dict[str, str]) -> list[models.ValueMapping]:
    """A mapping that gives each word its colour and leaves it as it is."""
    return [models.ValueMap({word: models.ValueMappingResult(color=colour) for word, colour in colours.items()})]


def otherwise(colour: str) -> FieldColor:
    """The colour of what no mapping names. Left out, Grafana paints it green, even where nothing is known."""
    return FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color(colour)
