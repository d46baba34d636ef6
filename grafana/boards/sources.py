"""The two data sources, and how their queries are written down."""

from __future__ import annotations

from typing import Any

import attrs
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

API = DataSourceRef(type_val="yesoreyeram-infinity-datasource", uid="sre-copilot-api")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="sre-copilot-prometheus")
"""Both uids are those of grafana/provisioning/datasources."""

TEXT, NUMBER, TIME, FLAG = "string", "number", "timestamp", "boolean"
"""Types of columns, by Infinity's names. Times are RFC 3339."""


@attrs.frozen
class Column:
    """One field of the API's rows."""

    field: str
    title: str
    kind: str = TEXT

    def as_json(self) -> dict[str, str]:
        """As Infinity keeps it."""
        return {"selector": self.field, "text": self.title, "type": self.kind}


@attrs.frozen
class ApiRows(Dataquery, Builder[Dataquery]):
    """Rows of the copilot's API, read by Infinity's backend parser, which alerts and public dashboards work with."""

    path: str
    columns: tuple[Column, ...]
    parameters: tuple[tuple[str, str], ...] = (("cluster", "${cluster}"),)
    root: str = ""
    """The field that has the rows, where an answer is one object."""
    only: str = ""
    """A condition on columns, by their titles, that rows have to meet."""

    def build(self) -> Dataquery:
        """Itself: there is nothing left to build."""
        return self

    def to_json(self, ref_id: str = "A") -> dict[str, Any]:
        """As Infinity keeps it."""
        query: dict[str, Any] = {
            "refId": ref_id,
            "datasource": API,
            "type": "json",
            "source": "url",
            "parser": "backend",
            "format": "table",
            "url": self.path,
            "url_options": {
                "method": "GET",
                "data": "",
                "params": [{"key": key, "value": value} for key, value in self.parameters],
            },
            "root_selector": self.root,
            "columns": [column.as_json() for column in self.columns],
            "computed_columns": [],
            "filters": [],
        }
        return {**query, "filterExpression": self.only} if self.only else query


def promql(query: str, legend: str, ref_id: str = "A") -> prometheus.Dataquery:
    """A range query."""
    return prometheus.Dataquery().ref_id(ref_id).datasource(PROMETHEUS).expr(query).legend_format(legend).range()
