"""The requests of reading through Prometheus, put to real servers: Prometheus itself, and VictoriaMetrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from whenever import Instant, TimeDelta

from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.source import ExpositionSource
from sre_copilot_hookspecs import (
    Cluster,
    Expr,
    Missing,
    Reading,
    ReadRequest,
    Sample,
    Signal,
    Spelling,
    TemporalConnection,
    counter,
    gauge,
    timer,
)
from sre_copilot_hookspecs.wire import TOLD_NOTE
from sre_copilot_prometheus.ranges import Row
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.cloud_text import cloud_text
from tests.exposition_targets import NATIVE, SDK_MILLISECONDS, signal_of
from tests.integration.prometheus_server import (
    Job,
    PrometheusServer,
    exposing,
    prometheus_server,
    victoria_server,
)
from tests.prometheus_series import Process

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("compatible")]

Serve = Callable[[Path, Sequence[Job]], AbstractContextManager[PrometheusServer]]
SERVERS: dict[str, Serve] = {"prometheus": prometheus_server, "victoria-metrics": victoria_server}
STEADY = Process("server", 20)
WORKER = Process("worker", 6)

JOBS = counter("jobs", role="server")  # the fast queue 20 of them in a second, the late one 40
PROBES: dict[str, tuple[Expr, float]] = {
    "rate": (JOBS.rate("8s"), 60.0),
    "increase": (JOBS.increase("8s"), 480.0),
    "never": (counter("never", role="server").rate("8s"), 0.0),
    "difference": (JOBS.rate("8s") - counter("never", role="server").rate("8s"), 60.0),
    "ratio": (counter("jobs_done", role="server", queue="fast").rate("8s") / JOBS.rate("8s"), 1 / 6),
    "share": (timer("wait", role="server", queue="fast").share_over(0.01, over="8s"), 0.6),
    "mean": (timer("wait", role="worker", queue="fast").mean(over="8s"), 0.01),
    "targets": (gauge("up", role="server").sum(), 1.0),
}
QUANTILE = signal_of(timer("wait", role="worker", queue="fast").quantile(0.5, over="8s"), "test.quantile")
BY_QUEUE = signal_of(JOBS.rate("8s", by=["queue"]), "test.queues", dimensions=("queue",), worst="highest")
SIGNALS_ASKED = (
    *(signal_of(expression, f"test.{name}") for name, (expression, _) in PROBES.items()),
    QUANTILE,
    BY_QUEUE,
)


@pytest.fixture(scope="module", params=sorted(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A server that has scraped two processes for a while."""
    # What started a while ago has the third queue, and keeps it.
    begun = time.monotonic() - 30
    texts = {
        each.role: lambda each=each: each.text(time.monotonic() - begun)  # type: ignore[misc]
        for each in (STEADY, WORKER)
    }
    with exposing(texts) as addresses:
        jobs = [Job("temporal", [addresses["server"]]), Job("workers", [addresses["worker"]])]
        with SERVERS[request.param](tmp_path_factory.mktemp("data"), jobs) as running:
            running.until('count_over_time(up{job="temporal"}[1m]) > 11', within=60)
            yield running


async def reading(url: str, *signals: Signal, dialects: Sequence[object] = (NATIVE, SDK_MILLISECONDS)) -> Reading:
    source = await opened(url, dialects)
    found = await source.read(ReadRequest(Instant.now(), "prod", signals, 10.0))
    await source.close()
    return found


async def opened(url: str, dialects: Sequence[object], **more: str) -> PrometheusSource:
    source = PrometheusSource(dialects)  # type: ignore[arg-type]
    sections = {PrometheusSettings: PrometheusSettings(url, **more)}  # type: ignore[arg-type]
    await source.open(Cluster("prod", TemporalConnection(), sections=sections))
    return source


def test_a_cycle_of_every_kind_of_question_is_answered(server: PrometheusServer) -> None:
    found = asyncio.run(reading(server.url, *SIGNALS_ASKED))
    assert dict(found.missing()) == {}
    for name, (_, expected) in PROBES.items():
        # Some servers extrapolate a window to its ends, some do not: a scrape of twenty at either end.
        assert found.value(f"test.{name}") == pytest.approx(expected, rel=0.25, abs=0.01), name
    queues = found.sample("test.queues")
    assert queues is not None
    assert {dict(one.labels)["queue"] for one in queues.series} == {"fast", "late"}


def test_a_quantile_within_a_wide_bucket_says_so(server: PrometheusServer) -> None:
    found = asyncio.run(reading(server.url, QUANTILE)).sample("test.quantile")
    assert found is not None
    # The worker counts in milliseconds, in buckets up to 1, 10, 100 and 1000 of them.
    assert 0.01 <= found.value <= 0.1
    assert found.note == "within the bucket from 0.01 s to 0.1 s"


def test_a_stretch_of_the_past_is_answered(server: PrometheusServer) -> None:
    async def rows() -> Sequence[Row]:
        source = await opened(server.url, (NATIVE, SDK_MILLISECONDS))
        end = Instant.now() - TimeDelta(seconds=2)
        found = await source.query_range("prod", JOBS.rate("6s"), end - TimeDelta(seconds=2), end, 1.0)
        await source.close()
        return found

    found = asyncio.run(rows())
    assert len(found) == 3
    assert all(row.values[()] == pytest.approx(60, rel=0.2) for row in found)


def test_the_query_and_the_series_are_told(server: PrometheusServer) -> None:
    async def spellings() -> tuple[Spelling, ...]:
        source = await opened(server.url, (NATIVE, SDK_MILLISECONDS))
        found = await source.spellings("prod", PROBES["ratio"][0])
        await source.close()
        return found

    (spelling,) = asyncio.run(spellings())
    assert spelling.target == 'server job="temporal"'
    assert spelling.dialect == "native"
    assert dict(spelling.names) == {"jobs_done": 1, "jobs": 2}
    assert spelling.query.startswith("(")
    assert "rate(jobs_done{" in spelling.query
    server.instant(spelling.query)


@pytest.mark.differential
def test_temporal_cloud_is_read_the_same_directly_and_through_a_server(tmp_path: Path) -> None:
    told_at = time.time() // 60 * 60 - 180
    measured = tuple(signal for signal in SIGNALS if signal.measure is not None)

    async def both(address: str, url: str) -> tuple[Reading, Reading]:
        direct, asked = ExpositionSource(DIALECTS), await opened(url, DIALECTS, server='job="cloud"', worker="")
        settings = ExpositionSettings((f"http://{address}/metrics",))
        await direct.open(Cluster("prod", TemporalConnection(), sections={ExpositionSettings: settings}))
        request = ReadRequest(Instant.now(), "prod", measured, 10.0)
        found = await asyncio.gather(direct.read(request), asked.read(request))
        assert direct.detected("prod") == {address: "temporal-cloud-v1"}
        assert asked.detected("prod") == {"server": "temporal-cloud-v1"}
        for source in (direct, asked):
            await source.close()
        return found[0], found[1]

    with (
        exposing({"cloud": lambda: cloud_text(told_at)}) as addresses,
        prometheus_server(tmp_path, [Job("cloud", [addresses["cloud"]])]) as server,
    ):
        server.until("temporal_cloud_v1_action_limit and on () up == 1")
        direct, asked = asyncio.run(both(addresses["cloud"], server.url))
    told = {key: _told(found) for key, found in asked.samples.items()}
    assert told == pytest.approx({key: _told(found) for key, found in direct.samples.items()})
    assert told["frontend.latency_p99"] == 0.07
    assert told["matching.no_poller_tasks"] == 0
    assert told["matching.dispatch_ratio"] == "not_emitted"
    latency = asked.sample("frontend.latency_p99")
    assert latency is not None
    assert latency.note == TOLD_NOTE
    assert latency.age >= 180
    valued = [key for key, found in told.items() if not isinstance(found, str)]
    assert len(valued) >= 8, valued


def _told(found: Sample | Missing) -> float | str:
    if isinstance(found, Sample):
        return found.value
    # Workers are scraped by nobody here, which each source says in its own words.
    return found.reason.value
