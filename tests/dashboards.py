"""Grafana's dashboards for tests: their panels, their queries, and what stands for their variables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DASHBOARDS = ROOT / "grafana" / "dashboards"

CHOSEN = {"cluster": "prod", "server": 'job="temporal"', "worker": 'job="workers"', "runbooks": "https://runbooks/"}
OF_GRAFANA = {"__from": "1772366400000", "__to": "1772370000000", "__interval_ms": "60000"}
"""What Grafana itself fills in, here for the hour from noon of 1 March 2026."""

Node = dict[str, Any]


@cache
def dashboard(name: str) -> Node:
    """A dashboard as it is committed."""
    found: Node = json.loads((DASHBOARDS / name).read_text(encoding="utf-8"))
    return found


def panels(document: Node) -> Iterator[Node]:
    """Every panel, those in closed rows too."""
    for panel in document["panels"]:
        yield panel
        yield from panel.get("panels") or []


def queries(document: Node) -> Iterator[tuple[str, Node]]:
    """Every query of a panel or a variable, with the name of whose it is."""
    for panel in panels(document):
        for query in panel.get("targets") or []:
            yield panel["title"], query
    for variable in document["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["query"]["infinityQuery"]


def substituted(text: str, **values: str) -> str:
    """A text with the values of its variables, as Grafana would send it."""
    known = {**CHOSEN, **OF_GRAFANA, **values}
    return re.sub(r"\$\{(\w+)(?::raw)?\}", lambda found: known.get(found[1], found[0]), text)
