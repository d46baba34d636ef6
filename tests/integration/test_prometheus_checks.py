"""What reading through Prometheus tells the doctor, asked of a real server that scrapes recorded processes."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from sre_copilot_hookspecs import CheckOutcome, CheckResult, Cluster
from sre_copilot_prometheus.checks import PrometheusChecks
from sre_copilot_prometheus.settings import PrometheusSettings
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.exposition_targets import recorded
from tests.integration.prometheus_server import Job, PrometheusServer, exposing, prometheus_server
from tests.prometheus_fake import cluster_of

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("compatible")]

CHECKS = PrometheusChecks(SIGNALS, DIALECTS)


@attrs.frozen
class Watching:
    """Settings with one cluster, as far as checks look at them."""

    clusters: tuple[Cluster, ...]


def poor(text: str) -> str:
    """A server whose summaries replaced a histogram, and whose task queues were dropped on the way."""
    lines = (line for line in text.splitlines(keepends=True) if "persistence_latency_bucket" not in line)
    return "".join(lines).replace('taskqueue="', 'queue="')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus that has scraped each of them."""
    rich = recorded("steady.server.t60").decode()
    texts = {
        "temporal": rich,
        "workers": recorded("steady.worker.t60").decode(),
        "poor": poor(rich),
        "cows": "cows 3\nhens 12\n",
    }
    dead = "127.0.0.1:1"
    with exposing({job: lambda text=text: text for job, text in texts.items()}) as addresses:  # type: ignore[misc]
        jobs = [Job(job, [address]) for job, address in addresses.items()]
        jobs = [*jobs, Job("dead", [dead]), Job("half", [addresses["temporal"], dead])]
        with prometheus_server(tmp_path_factory.mktemp("prometheus"), jobs, interval="2s") as running:
            running.until("count(up) == 7 and count(up == 1) == 5")
            yield running


def checked(url: str, /, **settings: object) -> dict[str, CheckResult]:
    section = PrometheusSettings(**{"url": url, **settings})  # type: ignore[arg-type]
    found = asyncio.run(CHECKS.run(Watching((cluster_of(section),))))  # type: ignore[arg-type]
    return {result.name.removeprefix("prod: "): result for result in found}


def test_everything_is_as_it_should_be(server: PrometheusServer) -> None:
    found = checked(server.url)
    assert {result.outcome for result in found.values()} == {CheckOutcome.OK}, found
    assert "They speak server-native" in found["server"].says
    assert "They speak sdk-milliseconds" in found["worker"].says
    assert {"server: buckets", "server: labels", "worker: buckets", "worker: labels"} <= set(found)


def test_missing_buckets_and_labels_are_named(server: PrometheusServer) -> None:
    found = checked(server.url, server='job="poor"', worker="")
    assert found["server: buckets"].outcome is CheckOutcome.WARNING
    assert "persistence_latency" in found["server: buckets"].says
    assert found["server: labels"].outcome is CheckOutcome.WARNING
    assert "taskqueue" in found["server: labels"].says


@pytest.mark.parametrize(
    ("job", "outcome", "words"),
    [
        ("nobody", CheckOutcome.WARNING, "scrapes no target with"),
        ("dead", CheckOutcome.WARNING, "is down"),
        ("cows", CheckOutcome.FAILED, "none of what a server exports"),
        ("half", CheckOutcome.WARNING, "1 of 2 targets"),
    ],
)
def test_targets_that_tell_too_little(server: PrometheusServer, job: str, outcome: CheckOutcome, words: str) -> None:
    found = checked(server.url, server=f'job="{job}"', worker="")["server"]
    assert found.outcome is outcome
    assert words in found.says


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"url": "http://127.0.0.1:1"}, "cannot be reached"), ({"signer": "sigv4"}, "the request signers are: none")],
)
def test_a_server_that_cannot_be_asked(server: PrometheusServer, settings: dict[str, object], words: str) -> None:
    (result,) = checked(server.url, **settings).values()
    assert result.outcome is CheckOutcome.FAILED
    assert words in result.says
    assert "clusters.prod.prometheus" in result.says


def test_a_cluster_without_a_server_is_not_spoken_of() -> None:
    assert checked("") == {}


def told(folder: Path, url: str, *arguments: str) -> dict[str, Any]:
    """What ``signals`` says of a cluster whose endpoints answer nobody, but which Prometheus knows."""
    settings = f"""
        [clusters.prod]
        temporal.address = "127.0.0.1:1"
        sources = ["exposition", "prometheus"]
        exposition.server = ["http://127.0.0.1:1/metrics"]
        prometheus.url = "{url}"
        """
    (folder / "sre-copilot.toml").write_text(inspect.cleandoc(settings))
    command = [sys.executable, "-m", "sre_copilot", "signals", "--json", "--live", "--cycle", "5", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_query_the_series_and_the_source_that_answered_are_shown(server: PrometheusServer, tmp_path: Path) -> None:
    # Recorded counters stand still; by now they were scraped often enough for the shortest windows.
    server.until('min(sum_over_time(up{job="temporal"}[1m])) >= 4')
    ends = time.monotonic() + 120
    while True:
        found = told(tmp_path, server.url, "--explain", "frontend.requests")
        # Only on a crowded machine the second source has no time left after the first.
        if found["reading"]["source"] == "prometheus" or time.monotonic() > ends:
            break
    assert found["reading"]["source"] == "prometheus"
    (spelling,) = (each for each in found["targets"] if each["target"] == 'server job="temporal"')
    assert spelling["dialect"] == "server-native"
    assert dict(spelling["names"])["service_requests"] > 0
    assert "rate(service_requests{" in spelling["query"]
    assert server.instant(spelling["query"])
    assert found["reading"]["value"] == 0
