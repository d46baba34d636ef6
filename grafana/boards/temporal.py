"""The dashboards *Temporal server*, *Workers* and *DSQL persistence*: every declared signal, on one of the three."""

from __future__ import annotations

from collections.abc import Sequence

from boards import copilot
from boards.database import OTHERS
from boards.frame import Board, Section, words
from boards.graphs import Spelling, measure_graph, sections_of
from boards.registry import DEFAULTS, signals
from sre_copilot_hookspecs import Category, Signal

DATABASE = frozenset({"persistence", "dsql"})
"""Services whose signals stand on the dashboard of the database."""


def server(spelling: Spelling) -> Board:
    """Demand, the server's services, and the workload."""
    found = [each for each in signals() if each.category is not Category.WORKER and each.service not in DATABASE]
    return _board("sre-copilot-server", "Temporal server", "The server as its metrics tell it.", found, spelling)


def workers(spelling: Spelling) -> Board:
    """The SDK workers."""
    found = [each for each in signals() if each.category is Category.WORKER]
    return _board("sre-copilot-workers", "Workers", "The workers as their metrics tell it.", found, spelling)


def database(spelling: Spelling) -> Board:
    """The way to the database, and what the DSQL persistence plugin tells about its connections."""
    found = [each for each in signals() if each.category is not Category.WORKER and each.service in DATABASE]
    known = {each.measure for each in found}
    sections = [
        Section(title, [measure_graph(name, measure, spelling, says) for name, measure, says in parts])
        for title, parts in (
            (title, [part for part in parts if part[1] not in known]) for title, parts in OTHERS.items()
        )
        if parts
    ]
    describes = "Persistence as the server sees it, and DSQL connections, transactions and limits of its plugin."
    return _board("sre-copilot-dsql", "DSQL persistence", describes, found, spelling, sections)


def _board(
    uid: str, title: str, describes: str, found: Sequence[Signal], spelling: Spelling, more: Sequence[Section] = ()
) -> Board:
    return Board(
        uid=uid,
        title=title,
        describes=describes,
        sections=(Section("Now", copilot.state()), *sections_of(found, spelling), *more),
        variables=(
            words("server", "Server's series", DEFAULTS.server, "As in the setting clusters.NAME.prometheus.server."),
            words("worker", "Workers' series", DEFAULTS.worker, "As in the setting clusters.NAME.prometheus.worker."),
        ),
    )
