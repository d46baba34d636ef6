"""Panels that show rows of the API as they are."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common, stat, table
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from boards.looks import UNSURE, coloured, otherwise
from boards.sources import API, ApiRows

WRAPPED = {"type": "auto", "wrapText": True}
PAINTED = {"type": "color-background", "mode": "basic"}


def rows(title: str, query: ApiRows, says: str, *, header: bool = True) -> table.Panel:
    """A table with one line for each row."""
    return (
        table.Panel()
        .title(title)
        .description(says)
        .datasource(API)
        .with_target(query)
        .show_header(header)
        .no_value("nothing")
        .override_by_regexp("/.*/", [DynamicConfigValue("custom.filterable", True)])
    )


def painted(panel: table.Panel, column: str, colours: dict[str, str]) -> table.Panel:
    """Words of a column in their colours."""
    plain = otherwise("transparent").build()
    return _override(panel, column, {"mappings": coloured(colours), "custom.cellOptions": PAINTED, "color": plain})


def wrapped(panel: table.Panel, *columns: str) -> table.Panel:
    """Columns whose text may take several lines."""
    for column in columns:
        panel = _override(panel, column, {"custom.cellOptions": WRAPPED})
    return panel


def narrow(panel: table.Panel, width: int, *columns: str) -> table.Panel:
    """Columns of a fixed width in pixels."""
    for column in columns:
        panel = _override(panel, column, {"custom.width": width})
    return panel


def measured(panel: table.Panel, column: str, unit: str) -> table.Panel:
    """A column of numbers in a unit."""
    return _override(panel, column, {"unit": unit})


def linked(panel: table.Panel, column: str, title: str, url: str) -> table.Panel:
    """A column that leads somewhere."""
    return _override(panel, column, {"links": [{"title": title, "url": url, "targetBlank": True}]})


def _override(panel: table.Panel, column: str, properties: dict[str, Any]) -> table.Panel:
    return panel.override_by_name(column, [DynamicConfigValue(name, value) for name, value in properties.items()])


def fact(title: str, query: ApiRows, says: str, *, unit: str = "", colours: dict[str, str] | None = None) -> stat.Panel:
    """One field as a large word or number."""
    shown = common.ReduceDataOptions().calcs(["lastNotNull"]).fields(f"/^{query.columns[0].title}$/")
    panel = (
        stat.Panel()
        .title(title)
        .description(says)
        .datasource(API)
        .with_target(query)
        .reduce_options(shown)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE)
        .no_value("unknown")
    )
    panel = panel.unit(unit) if unit else panel
    if not colours:
        return panel.color_mode(common_models.BigValueColorMode.NONE)
    painted_in = panel.color_mode(common_models.BigValueColorMode.BACKGROUND).color_scheme(otherwise(UNSURE))
    return painted_in.mappings(coloured(colours))
