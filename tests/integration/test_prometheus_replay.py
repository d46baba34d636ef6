"""Readings of the past out of a real Prometheus: those that were read live, in one query a block."""

from __future__ import annotations

import asyncio
import gzip
import time
from itertools import pairwise
from pathlib import Path

import attrs
import pytest
from whenever import Instant

from sre_copilot_hookspecs import (
    Cluster,
    ReadRequest,
    ReplayRequest,
    ReplaysReadings,
    Sample,
    SourceUnavailable,
    TemporalConnection,
)
from sre_copilot_prometheus.client import PrometheusClient
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_prometheus.source import PrometheusSource
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.integration.prometheus_server import Job, PrometheusServer, exposing, prometheus_server

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("prometheus")]

SCRAPES = Path(__file__).parents[1] / "data" / "scrapes"
MEASURED = tuple(
    attrs.evolve(signal, measure=signal.measure.scaled(1e-9, at_least=15), floor=None)
    for signal in SIGNALS
    if signal.measure is not None
)
STEP = 2.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    texts = {
        role: gzip.decompress((SCRAPES / f"steady.{role}.t60.prom.gz").read_bytes()).decode()
        for role in ("server", "worker")
    }
    with exposing({role: lambda text=text: text for role, text in texts.items()}) as at:
        jobs = [Job("temporal", [at["server"]]), Job("workers", [at["worker"]])]
        with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs, interval="1s") as running:
            running.until("min(sum_over_time(up[1m])) >= 12")
            yield running


def cluster(server: PrometheusServer) -> Cluster:
    settings = PrometheusSettings(url=server.url, server='job="temporal"', worker='job="workers"')
    return Cluster("prod", TemporalConnection(address="127.0.0.1:1"), sections={PrometheusSettings: settings})


def test_a_replayed_reading_is_the_one_that_was_read(server: PrometheusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    query_range = PrometheusClient.query_range

    async def counted(self, promql, start, end, step):
        asked.append(promql)
        return await query_range(self, promql, start, end, step)

    monkeypatch.setattr(PrometheusClient, "query_range", counted)

    async def scenario():
        source = PrometheusSource(DIALECTS)
        assert isinstance(source, ReplaysReadings)
        await source.open(cluster(server))
        try:
            live = await source.read(ReadRequest(Instant.now(), "prod", MEASURED, 20.0))
            now = time.time()
            start, until = (Instant.from_timestamp(now + shift, unit="second") for shift in (-3 * STEP, STEP / 2))
            return live, await source.replay(ReplayRequest("prod", MEASURED, start, until, STEP))
        finally:
            await source.close()

    live, replayed = asyncio.run(scenario())
    assert len(replayed) >= 2
    assert len(asked) == 1
    last = replayed[-1]
    assert {(later.at - earlier.at).total("seconds") for earlier, later in pairwise(replayed)} == {STEP}
    compared = 0
    for signal in MEASURED:
        then, now = live.samples[signal.key], last.samples[signal.key]
        assert type(then) is type(now), signal.key
        if isinstance(then, Sample) and isinstance(now, Sample):
            # The exposed numbers never change, so neither do gauges; rates of what stands still are zero.
            assert now.value == pytest.approx(then.value), signal.key
            assert now.series == then.series or len(now.series) == len(then.series)
            compared += 1
    assert compared > 20


def test_before_there_was_anything_there_are_no_readings(server: PrometheusServer) -> None:
    async def scenario():
        source = PrometheusSource(DIALECTS)
        await source.open(cluster(server))
        try:
            start = Instant.from_utc(2026, 1, 1)
            return await source.replay(ReplayRequest("prod", MEASURED, start, Instant.from_utc(2026, 1, 1, 0, 5), 30.0))
        finally:
            await source.close()

    assert asyncio.run(scenario()) == []


def test_a_server_that_does_not_answer_is_named(server: PrometheusServer) -> None:
    gone = attrs.evolve(server, url="http://127.0.0.1:9")

    async def scenario() -> None:
        source = PrometheusSource(DIALECTS)
        await source.open(cluster(gone))
        start = Instant.from_utc(2026, 1, 1)
        with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:9"):
            await source.replay(ReplayRequest("prod", MEASURED, start, Instant.from_utc(2026, 1, 1, 0, 5), 30.0))
        with pytest.raises(SourceUnavailable, match=r"clusters\.other\.prometheus\.url"):
            await source.replay(ReplayRequest("other", MEASURED, start, Instant.from_utc(2026, 1, 1, 0, 5), 30.0))
        await source.close()

    asyncio.run(scenario())
