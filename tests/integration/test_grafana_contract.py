"""Whatever a dashboard asks for is there: rows and columns of a running API, series of a running Prometheus."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import promql_parser
import pytest
from whenever import Instant

from sre_copilot.api.reference import document
from sre_copilot.explain.status import SignalRow
from sre_copilot.plugins.manager import Manager
from tests.dashboards import DASHBOARDS, OF_GRAFANA, Node, dashboard, queries, substituted
from tests.integration.decided import Recorded, at
from tests.integration.prometheus_server import Job, PrometheusServer, exposing, prometheus_server
from tests.integration.served import Served, serving
from tests.integration.test_api_endpoints import logged, told

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("grafana")]

ROOT = Path(__file__).parents[2]
SCRAPES = ROOT / "tests" / "data" / "scrapes"
QUERIES = [
    (f"{path.stem}: {whose}", query)
    for path in sorted(DASHBOARDS.glob("*.json"))
    for whose, query in queries(dashboard(path.name))
]
ROWS = [(whose, query) for whose, query in QUERIES if "url" in query]
SERIES = [(whose, query["expr"]) for whose, query in QUERIES if "expr" in query]

KINDS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "timestamp": lambda value: isinstance(value, str) and Instant.parse_iso(value) is not None,
}
MAY_BE_EMPTY = {"last_known_progress", "trend"}
"""Columns that have something to say only when something is wrong, or when a signal is watched."""

DSQL = """\
dsql_reservoir_size 48
dsql_reservoir_target 50
dsql_reservoir_refills_total {n}
dsql_reservoir_checkouts_total {n}
dsql_reservoir_empty_total 0
dsql_reservoir_discards_total{{reason="expired"}} {n}
dsql_reservoir_checkout_latency_milliseconds_bucket{{le="1"}} {n}
dsql_reservoir_checkout_latency_milliseconds_bucket{{le="10"}} {n}
dsql_reservoir_checkout_latency_milliseconds_bucket{{le="+Inf"}} {n}
dsql_reservoir_checkout_latency_milliseconds_count {n}
dsql_reservoir_checkout_latency_milliseconds_sum {n}
dsql_pool_max_open 50
dsql_pool_open 48
dsql_pool_in_use 2
dsql_pool_idle 46
dsql_pool_wait_total {n}
dsql_slot_blocks_owned 1
dsql_slot_blocks_slots_used 48
dsql_refiller_inflight 0
dsql_tx_conflict_total {n}
dsql_tx_retry_total {n}
dsql_tx_exhausted_total 0
dsql_db_closed_max_lifetime_total {n}
dsql_db_closed_max_idle_time_total 0
dsql_db_closed_max_idle_total 0
"""
"""What a server with the DSQL plugin exports beside its own metrics; nobody can record one here."""


def everything(cycle: float = 0) -> Recorded:
    """A cycle with all that the API can tell, signals without a metric among them."""
    receipt, status = told(cycle)
    signals = (declared.value for declared in Manager.load().declarations().signals)
    probed = tuple(
        SignalRow(signal.key, signal.category.value, signal.service, signal.unit.value, 1.0, "1")
        for signal in signals
        if signal.measure is None
    )
    actions = tuple(attrs.evolve(action, confidence=0.8) for action in status.recommended_actions)
    primary = status.primary_signals + probed
    return receipt, attrs.evolve(status, primary_signals=primary, recommended_actions=actions)


async def told_everything(served: Served) -> None:
    await served.store.record([everything(cycle) for cycle in range(3)])
    for cycle in range(3):
        await served.store.record_logs("prod", logged(cycle))
    served.clock.now = at(3)


async def rows_of(served: Served, query: Node) -> list[dict[str, Any]]:
    """The rows that a query is answered with, as Infinity would take them from the answer."""
    parameters = {each["key"]: substituted(each["value"]) for each in query["url_options"]["params"]}
    response = await served.get(substituted(query["url"]), **parameters)
    assert response.status_code == 200, response.text
    found = response.json()
    if query["root_selector"]:
        found = found[query["root_selector"]]
    rows: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    return rows


def test_every_address_and_every_column_is_in_the_api(database: str) -> None:
    async def run() -> None:
        async with serving(database) as served:
            await told_everything(served)
            for whose, query in ROWS:
                rows = await rows_of(served, query)
                assert rows, f"{whose}: no rows"
                for column in query["columns"]:
                    _check_column(f"{whose}: {column['selector']}", column, rows)

    assert len(ROWS) > 20
    asyncio.run(run())


def _check_column(where: str, column: dict[str, str], rows: list[dict[str, Any]]) -> None:
    assert all(column["selector"] in row for row in rows), f"{where}: no such field"
    values = [row[column["selector"]] for row in rows if row[column["selector"]] is not None]
    assert values or column["selector"] in MAY_BE_EMPTY, f"{where}: nothing to show"
    assert all(KINDS[column["type"]](value) for value in values), f"{where}: {values} is no {column['type']}"


def test_no_panel_breaks_where_the_answer_is_stale(database: str) -> None:
    async def run() -> None:
        async with serving(database) as served:
            await told_everything(served)
            served.clock.forward(3600)
            for whose, query in ROWS:
                for row in await rows_of(served, query):
                    assert {column["selector"] for column in query["columns"]} <= set(row), whose

    asyncio.run(run())


def test_parameters_are_declared_and_conditions_name_words_of_the_api() -> None:
    for whose, query in ROWS:
        declared = {each["name"] for each in document()["paths"][query["url"]]["get"].get("parameters", [])}
        assert {each["key"] for each in query["url_options"]["params"]} <= declared, whose
        titles = {column["text"] for column in query["columns"]}
        assert len(titles) == len(query["columns"]), f"{whose}: two columns of one title"
        condition = query.get("filterExpression")
        assert condition is None or condition.split()[0] in titles, whose


def test_a_condition_tells_fired_gates_from_the_others(database: str) -> None:
    async def run() -> None:
        async with serving(database) as served:
            await told_everything(served)
            asked = [query for _, query in ROWS if "filterExpression" in query]
            outcomes = {row["outcome"] for row in await rows_of(served, asked[0])}
            assert "fired" in outcomes
            assert {query["filterExpression"] for query in asked} == {"Outcome == 'fired'", "Outcome != 'fired'"}

    asyncio.run(run())


def test_the_span_that_grafana_sends_is_the_one_that_was_recorded() -> None:
    assert Instant.from_timestamp(int(OF_GRAFANA["__from"]), unit="millisecond") == at(0)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory, postgres: Any) -> Iterator[PrometheusServer]:
    """Scrapes a recorded server, recorded workers, and the very API of the copilot."""
    texts = {"server": _replayed("server"), "worker": _replayed("worker")}

    async def copilot_metrics() -> str:
        async with serving(postgres.database()) as served:
            await told_everything(served)
            return (await served.get("/metrics")).text

    metrics = asyncio.run(copilot_metrics())
    with exposing({**texts, "copilot": lambda: metrics}) as addresses:
        jobs = [
            Job("temporal", [addresses["server"]]),
            Job("workers", [addresses["worker"]]),
            Job("sre-copilot", [addresses["copilot"]]),
        ]
        with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs) as server:
            server.until("count(sum_over_time(up[1m]) >= 4) == 3")
            yield server


def _replayed(role: str) -> Callable[[], str]:
    """First what was recorded at the beginning, then what was recorded a minute later."""
    first, last = (
        gzip.decompress((SCRAPES / f"steady.{role}.{moment}.prom.gz").read_bytes()).decode() for moment in ("t0", "t60")
    )
    scrapes = itertools.count()

    def text() -> str:
        scrape = next(scrapes)
        dsql = DSQL.format(n=scrape) if role == "server" else ""
        return (first if scrape < 2 else last) + dsql

    return text


def test_prometheus_understands_every_query_and_has_what_was_recorded(prometheus: PrometheusServer) -> None:
    known = {labels["__name__"] for labels, _ in prometheus.instant('{job=~".+"}')}
    silent, drawn = {}, 0
    for whose, expression in SERIES:
        query = substituted(expression)
        promql_parser.parse(query)
        found = prometheus.instant(query)
        if not found and _names(promql_parser.parse(query)) <= known:
            silent[whose] = query
        drawn += bool(found)
    assert silent == {}
    # The rest reads what this recording lacks, such as the timers of a server that reports in milliseconds.
    assert drawn > 0.9 * len(SERIES)


def _names(node: Any) -> set[str]:
    """The metrics that a query reads."""
    if isinstance(node, promql_parser.VectorSelector):
        return {node.name}
    if isinstance(node, promql_parser.MatrixSelector):
        return {node.vector_selector.name}
    parts = [getattr(node, name, None) for name in ("expr", "lhs", "rhs")]
    parts += list(getattr(node, "args", None) or [])
    return {name for part in parts if part is not None for name in _names(part)}
