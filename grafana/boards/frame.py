"""What all dashboards share: variables, links, and where panels stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from boards.sources import API, ApiRows, Column

TAG = "sre-copilot"
WIDTH = 24
"""Columns of Grafana's grid."""


@attrs.frozen
class Placed:
    """A panel and the cells it takes."""

    panel: Any
    width: int
    height: int


@attrs.frozen
class Section:
    """Panels below a heading. Closed ones ask nothing until somebody opens them."""

    title: str
    panels: Sequence[Placed]
    closed: bool = False


@attrs.frozen
class Board:
    """One dashboard."""

    uid: str
    title: str
    describes: str
    sections: Sequence[Section]
    variables: Sequence[Any] = ()
    since: str = "now-1h"


def render(board: Board) -> models.Dashboard:
    """The dashboard with every panel numbered and in its place."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.describes)
        .tags([TAG])
        .editable()
        .timezone("browser")
        .time(board.since, "now")
        .refresh("30s")
        .with_variable(_cluster())
        .link(_links())
    )
    for variable in board.variables:
        made = made.with_variable(variable)
    numbers = iter(range(1, 10_000))
    top = 0
    for section in board.sections:
        row = dashboard.Row(section.title).id(next(numbers)).grid_pos(models.GridPos(h=1, w=WIDTH, x=0, y=top))
        top += 1
        placed, bottom = _placed(section.panels, numbers, top)
        if section.closed:
            row = row.collapsed(True)
            for panel in placed:
                row = row.with_panel(panel)
            # Its panels take no room; those that follow start right below the heading.
            bottom = top
        made.build().panels = [*(made.build().panels or []), row.build()]
        if not section.closed:
            made.build().panels = [*(made.build().panels or []), *(panel.build() for panel in placed)]
        top = bottom
    return made.build()


def _placed(panels: Iterable[Placed], numbers: Iterable[int], top: int) -> tuple[list[Any], int]:
    """From left to right, then in the next line, which begins below the tallest of the one before."""
    left, tallest, done = 0, 0, []
    number = iter(numbers)
    for each in panels:
        if left + each.width > WIDTH:
            left, top, tallest = 0, top + tallest, 0
        place = models.GridPos(h=each.height, w=each.width, x=left, y=top)
        done.append(each.panel.id(next(number)).grid_pos(place))
        left, tallest = left + each.width, max(tallest, each.height)
    return done, top + tallest


def _cluster() -> dashboard.QueryVariable:
    query = ApiRows("/clusters", (Column("name", "name"),), parameters=())
    return (
        dashboard.QueryVariable("cluster")
        .label("Cluster")
        .description("A cluster that the copilot watches.")
        .datasource(API)
        .query({"queryType": "infinity", "query": "", "infinityQuery": query.to_json("variable")})
        .refresh(models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def words(name: str, label: str, default: str, says: str) -> dashboard.TextBoxVariable:
    """A variable that is typed in."""
    current = models.VariableOption(selected=True, text=default, value=default)
    return dashboard.TextBoxVariable(name).label(label).description(says).default_value(default).current(current)


def _links() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("More of this cluster")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .include_vars(True)
        .keep_time(True)
    )
