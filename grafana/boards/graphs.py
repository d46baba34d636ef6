"""Graphs of signals: the measure as PromQL, the question as title, declared thresholds as lines."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from grafana_foundation_sdk.builders import common, dashboard, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models.dashboard import Threshold as Step
from grafana_foundation_sdk.models.dashboard import ThresholdsMode

from boards.frame import Placed, Section
from boards.looks import LEVELS, UNITS
from boards.registry import as_read, compiled, gates_of, threshold
from boards.sources import PROMETHEUS, promql
from sre_copilot.health.sentences import limit
from sre_copilot_hookspecs import Band, Category, Expr, Gate, Signal, Unit

SIZE = {"width": 8, "height": 8}


@attrs.frozen
class Spelling:
    """The dialects that a dashboard's queries are written in, by key."""

    server: str = "server-native"
    worker: str = "sdk-milliseconds"


def sections_of(signals: Iterable[Signal], spelling: Spelling) -> list[Section]:
    """What is judged, and the demand it is judged against, first and open; everything else by service and closed."""
    found = list(signals)
    judged = [each for each in found if _is_judged(each)]
    others = [each for each in found if not _is_judged(each)]
    sections = [Section("What the copilot judges", [_placed(each, spelling) for each in judged])] if judged else []
    for service in dict.fromkeys(each.service for each in others):
        panels = [_placed(each, spelling) for each in others if each.service == service]
        # Without anything judged the first section would leave the dashboard looking empty.
        closed = bool(sections)
        sections.append(Section(f"More of {service}", panels, closed))
    return sections


def _is_judged(signal: Signal) -> bool:
    return signal.category in (Category.PRIMARY, Category.DEMAND) or any(
        gate.level in LEVELS for gate in gates_of(signal)
    )


def _placed(signal: Signal, spelling: Spelling) -> Placed:
    query = as_read(signal) if signal.measure is None else compiled(signal.measure, spelling.server, spelling.worker)
    labels = signal.dimensions if signal.measure is not None else ()
    panel = graph(signal.asks, query, _legend(signal.key, labels), signal.unit, _description(signal))
    lines = _lines(signal)
    if lines:
        style = common.GraphThresholdsStyleConfig().mode(common_models.GraphTresholdsStyleMode.DASHED)
        panel = panel.thresholds(lines).thresholds_style(style)
    return Placed(panel, **SIZE)


def measure_graph(title: str, measure: Expr, spelling: Spelling, says: str) -> Placed:
    """A graph of something that no signal measures."""
    query = compiled(measure, spelling.server, spelling.worker)
    return Placed(graph(title, query, _legend(title, measure.labels), measure.unit, says), **SIZE)


def graph(title: str, query: str, legend: str, unit: Unit, says: str) -> timeseries.Panel:
    """Lines over time."""
    return (
        timeseries.Panel()
        .title(title)
        .description(says)
        .datasource(PROMETHEUS)
        .with_target(promql(query, legend))
        .unit(UNITS[unit])
        .legend(common.VizLegendOptions().show_legend(True).placement(common_models.LegendPlacement.BOTTOM))
        .no_value("nothing")
    )


def _legend(name: str, labels: Iterable[str]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels) or name


def _lines(signal: Signal) -> dashboard.ThresholdsConfig | None:
    """A line for every value that a threshold has in some scale band; which is which says the description.

    A multiple of what is usual is no height in a graph.
    """
    values = {
        (threshold(gate.threshold).at(band), LEVELS[gate.level])
        for gate in gates_of(signal)
        if gate.level in LEVELS and not gate.relative
        for band in Band
    }
    if not values:
        return None
    steps = [Step(value=None, color="transparent"), *(Step(value, colour) for value, colour in sorted(values))]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _description(signal: Signal) -> str:
    gates = [_sentence(gate) for gate in gates_of(signal)]
    parts = [f"`{signal.key}` ({signal.category.value}).", signal.note or "", *gates]
    return "\n\n".join(part for part in parts if part)


def _sentence(gate: Gate) -> str:
    numbers = {band: limit(gate, threshold(gate.threshold), band) for band in Band}
    if len(set(numbers.values())) == 1:
        said = numbers[Band.STARTER]
    else:
        said = ", ".join(f"{number} ({band.value})" for band, number in numbers.items())
    return f"{gate.level.value} {gate.direction.value} {said}"
