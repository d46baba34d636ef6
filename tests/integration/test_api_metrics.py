"""What /metrics says, as Prometheus reads it, and the alert rules that are made for it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import attrs
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.samples import Sample

from sre_copilot.api.cluster_metrics import CLUSTER_METRICS, MOST_PATTERNS
from sre_copilot.explain.status import LogPatternRow, ProblemRow
from tests.integration.decided import CRITICAL, Recorded, at, recorded
from tests.integration.served import Served, serving

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "grafana" / "alerts").glob("*.yml"))
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def told(patterns: int = 3) -> Recorded:
    receipt, status = recorded(0, CRITICAL)
    rows = tuple(
        LogPatternRow(f"pattern {n}", "history", "error", n + 1, "x <number>", at(-1), at(0)) for n in range(patterns)
    )
    problem = ProblemRow("payments", "evaluator payments.pressure", "It hung.")
    return receipt, attrs.evolve(status, log_patterns=rows, problems=(problem,), elapsed_seconds=0.25)


def scraped(database: str, *, patterns: int = 3, age: float = 0.0) -> list[Sample]:
    """The samples of one scrape in OpenMetrics, after a few other requests."""
    found: list[Sample] = []

    async def run() -> None:
        async with serving(database) as served:
            await served.store.record([told(patterns)])
            served.clock.forward(age)
            await served.get("/status", cluster="mars")
            for path in ("/status", "/nothing", "/metrics"):
                await served.get(path)
            found.extend(await _samples(served))

    asyncio.run(run())
    return found


async def _samples(served: Served) -> list[Sample]:
    response = await served.client.get("/metrics", headers={"accept": OPENMETRICS})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    return [sample for family in openmetrics.text_string_to_metric_families(response.text) for sample in family.samples]


def value(samples: list[Sample], name: str, **labels: str) -> float | None:
    found = [sample.value for sample in samples if sample.name == name and sample.labels.items() >= labels.items()]
    assert len(found) < 2, found
    return found[0] if found else None


def test_the_state_is_a_state_set_and_the_rest_is_there(database: str):
    samples = scraped(database)
    states = {
        sample.labels["sre_copilot_health_state"]: sample.value
        for sample in samples
        if sample.name == "sre_copilot_health_state"
    }
    assert states == {"happy": 0, "stressed": 0, "critical": 1, "unknown": 0}
    assert value(samples, "sre_copilot_log_pattern_count", cluster="prod", pattern="pattern 2", service="history") == 3
    assert value(samples, "sre_copilot_plugin_errors", cluster="prod", plugin="payments") == 1
    assert value(samples, "sre_copilot_source_errors", cluster="prod", reason="warming_up") == 1
    assert value(samples, "sre_copilot_cycle_duration_seconds", cluster="prod") == 0.25
    assert value(samples, "sre_copilot_cycle_lag_seconds", cluster="prod") == 0
    # The latest status comes with two questions: which is the newest, and what does it say.
    assert value(samples, "sre_copilot_store_request_seconds_count") >= 2


def test_the_api_measures_itself_by_route_and_never_by_what_was_asked(database: str):
    samples = scraped(database)
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in samples
        if sample.name == "sre_copilot_api_request_seconds_count"
    }
    assert counted == {("/status", "200"): 1, ("/status", "404"): 1, ("none", "404"): 1, ("/metrics", "200"): 1}


def test_a_stale_cluster_is_unknown_and_overdue_and_has_no_values(database: str):
    samples = scraped(database, age=100)
    assert value(samples, "sre_copilot_health_state", sre_copilot_health_state="unknown") == 1
    assert value(samples, "sre_copilot_cycle_lag_seconds") == 70
    assert value(samples, "sre_copilot_signal", signal="matching.pollers") is None
    assert value(samples, "sre_copilot_log_pattern_count", pattern="pattern 2") is None


def test_there_are_never_more_series_than_a_bound(database: str):
    samples = scraped(database, patterns=3 * MOST_PATTERNS)
    found = [sample.value for sample in samples if sample.name == "sre_copilot_log_pattern_count"]
    assert len(found) == MOST_PATTERNS
    assert min(found) == 2 * MOST_PATTERNS + 1, "those that were counted most"


def test_rules_speak_of_metrics_that_are_there(database: str):
    offered = {sample.name for sample in scraped(database)} | {metric.name for metric in CLUSTER_METRICS}
    for rules in RULES:
        named = set(re.findall(r"sre_copilot_[a-z_]+", rules.read_text(encoding="utf-8")))
        assert named
        assert named <= offered, named - offered


def test_prometheus_accepts_the_rules_and_they_fire_when_they_should():
    assert RULES
    for command in (["check", "rules", *map(str, RULES)], ["test", "rules", "tests/data/alerts.test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested():
    tests = (ROOT / "tests" / "data" / "alerts.test.yml").read_text(encoding="utf-8")
    for rules in RULES:
        for name in re.findall(r"- alert: (\w+)", rules.read_text(encoding="utf-8")):
            assert f"alertname: {name}" in tests, name
