"""Every expression means the same, asked of a real Prometheus or computed from its raw samples.

Prometheus scrapes processes that restart, fall silent and come late. Then a few instants are looked at again
and again: the compiled query is evaluated by Prometheus, and the expression by direct scraping's evaluator over
the very samples that Prometheus has.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence

import attrs
import promql_parser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.rate import Edition
from sre_copilot_hookspecs import (
    Cluster,
    Expr,
    Reading,
    ReadRequest,
    Signal,
    TemporalConnection,
    counter,
    gauge,
    histogram,
    timer,
)
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.ranges import Row
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from tests.integration.prometheus_server import Job, PrometheusServer, exposing, prometheus_server
from tests.prometheus_series import DIALECTS, JOBS, PROCESSES, VOCABULARY, expressions, views_at

pytestmark = [pytest.mark.differential, pytest.mark.integration, pytest.mark.xdist_group("prometheus")]

SECONDS = 21.0
MOMENTS = (1.3, 4.2, 8.1, 11.6, 15.05, 20.4)
"""While the first scrapes come in, somebody is silent, a counter starts again, a queue is given up, one is dead."""

Key = tuple[str, ...]


@attrs.frozen
class Recording:
    """A Prometheus that has seen it all, and its raw samples."""

    server: PrometheusServer
    begun: float
    raw: Sequence[tuple[dict[str, str], Sequence[tuple[float, float]]]] = attrs.field(repr=False)

    def by_prometheus(self, expression: Expr, moment: float) -> dict[Key, float]:
        query = Compiler(VOCABULARY).compile(expression)
        promql_parser.parse(query)
        found = {
            tuple(labels.get(label, "") for label in expression.labels): value
            for labels, value in self.server.instant(query, self.begun + moment)
        }
        return {key: value for key, value in found.items() if math.isfinite(value)}

    def by_hand(self, expression: Expr, moment: float) -> dict[Key, float]:
        at = self.begun + moment
        evaluator = Evaluator("test", views_at(self.raw, at), round(at * 1000), Edition.SECOND)
        return {key: value.number for key, value in evaluator.evaluate(expression).values.items()}

    def check(self, expression: Expr, moment: float) -> None:
        theirs, ours = self.by_prometheus(expression, moment), self.by_hand(expression, moment)
        # What cancels out leaves the rounding of its parts; no value here has parts far above a thousand.
        assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-9), Compiler(VOCABULARY).compile(expression)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    with exposing({name: process.exporter() for name, process in PROCESSES.items()}) as addresses:
        jobs = [
            Job(job, [addresses[name] for name, process in PROCESSES.items() if process.role == role])
            for role, job in JOBS.items()
        ]
        with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs) as server:
            begun = round(time.time(), 3)
            time.sleep(SECONDS)
            found = server.get("query", query='{job=~".+"}[1m]')["result"]
            raw = [(each["metric"], [(float(at), float(value)) for at, value in each["values"]]) for each in found]
            yield Recording(server, begun, raw)


ADDED, DONE = counter("jobs", role="server"), counter("jobs_done", role="server")
WAIT = timer("wait", role="server")
KINDS: dict[str, Expr] = {
    "rate": ADDED.rate("5s"),
    "rate by queue": ADDED.rate("10s", by=["queue"]),
    "increase": ADDED.increase("20s"),
    "increase by target": ADDED.increase("10s", by=["instance", "queue"]),
    "never fired": counter("never", role="server").rate("5s"),
    "never fired by queue": counter("never", role="server").rate("5s", by=["queue"]).sum(),
    "both roles": counter("jobs").rate("5s", by=["role"]),
    "appears late": counter("failures", role="server", kind="serviceerror.Internal").rate("5s"),
    "observations": WAIT.rate("5s"),
    "mean": WAIT.mean(over="5s"),
    "mean in both units": timer("wait").mean(over="10s", by=["queue"]),
    "quantile": WAIT.quantile(0.9, over="10s"),
    "quantile by queue": WAIT.quantile(0.5, over="10s", by=["queue"]),
    "quantile in milliseconds": timer("wait", role="worker").quantile(0.9, over="10s"),
    "histogram": histogram("size", role="server").quantile(0.7, over="5s"),
    "share over": WAIT.share_over(0.01, over="10s"),
    "share over in both units": timer("wait").share_over(0.1, over="10s"),
    "share over no bound": WAIT.share_over(0.05, over="10s"),
    "gauge": gauge("depth", role="server").sum(),
    "gauge by queue": gauge("depth").max(by=["queue"]),
    "gauge that is no number": gauge("mood", role="worker").sum(by=["instance"]),
    "targets": gauge("up", role="server").avg(),
    "difference": ADDED.rate("5s", by=["queue"]) - DONE.rate("5s", by=["queue"]),
    "sum": ADDED.rate("5s", by=["queue"]) + DONE.rate("10s", by=["queue"]),
    "ratio": DONE.rate("5s", by=["queue"]) / ADDED.rate("5s", by=["queue"]),
    "ratio of nothing": ADDED.rate("5s") / counter("never", role="server").rate("5s"),
    "share of each": ADDED.rate("5s", by=["queue"]) / ADDED.rate("5s"),
    "one less": 1 - DONE.rate("5s") / ADDED.rate("5s"),
    "worst of ratios": (DONE.rate("5s", by=["queue"]) / ADDED.rate("5s", by=["queue"])).min(),
    "across roles": ADDED.rate("5s", by=["queue"]) - counter("jobs_done", role="worker").rate("5s", by=["queue"]),
    "busy share": gauge("depth").sum(by=["queue"]) / (gauge("depth").sum(by=["queue"]) + gauge("depth").max()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_expression_means_the_same(recording: Recording, kind: str) -> None:
    for moment in MOMENTS:
        recording.check(KINDS[kind], moment)


def test_the_kinds_have_values_most_of_the_time(recording: Recording) -> None:
    empty = {"ratio of nothing", "share over no bound"}
    silent = {kind for kind, expression in KINDS.items() if not recording.by_hand(expression, MOMENTS[-1])}
    # That one is no number every fifth second, and nobody knows which was scraped.
    assert silent - {"gauge that is no number"} == empty


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(expression=expressions(), moment=st.sampled_from(MOMENTS))
def test_any_expression_is_understood_by_prometheus_and_means_the_same(
    recording: Recording, expression: Expr, moment: float
) -> None:
    recording.check(expression, moment)


def test_a_stretch_of_time_is_the_same_instants_one_after_the_other(recording: Recording) -> None:
    expression = KINDS["ratio"]
    start, step = Instant.from_timestamp(round(recording.begun * 1000) + 8000, unit="millisecond"), 2.5

    async def rows() -> Sequence[Row]:
        source = PrometheusSource(tuple(DIALECTS.values()))
        settings = PrometheusSettings(recording.server.url)
        await source.open(Cluster("test", TemporalConnection(), sections={PrometheusSettings: settings}))
        found = await source.query_range("test", expression, start, start + TimeDelta(seconds=10), step)
        await source.close()
        return found

    found = asyncio.run(rows())
    assert [row.at for row in found] == [start + TimeDelta(seconds=step * number) for number in range(5)]
    for number, row in enumerate(found):
        assert row.values == pytest.approx(recording.by_hand(expression, 8 + step * number), rel=1e-9)


def test_a_reading_says_what_the_queries_say(recording: Recording) -> None:
    signals = [
        Signal(
            key=f"test.kind{number}",
            category="primary",  # type: ignore[arg-type]
            service="history",
            unit=expression.unit,
            asks="?",
            measure=expression.scaled(1e-9, at_least=60),
        )
        for number, expression in enumerate(KINDS.values())
        if not expression.labels
    ]

    async def reading() -> tuple[Reading, list[dict[Key, float]]]:
        source = PrometheusSource(tuple(DIALECTS.values()))
        settings = PrometheusSettings(recording.server.url)
        await source.open(Cluster("test", TemporalConnection(), sections={PrometheusSettings: settings}))
        found = await source.read(ReadRequest(Instant.now(), "test", tuple(signals), 5.0))
        now = time.time() - recording.begun
        await source.close()
        return found, [recording.by_prometheus(each.measure, now) for each in signals if each.measure]

    found, expected = asyncio.run(reading())
    for signal, values in zip(signals, expected, strict=True):
        # Between the two questions lies a scrape at most, in a window of a minute.
        expected_value = pytest.approx(values[()], rel=0.1, abs=1) if values else None
        assert found.value(signal.key) == expected_value, signal
