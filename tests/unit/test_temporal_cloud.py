"""Temporal Cloud's metrics: rates and quantiles that are told as gauges, and what is not told at all."""

from __future__ import annotations

import asyncio

import pytest

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.reading import answer
from sre_copilot_exposition.spelling import spelling_of
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import (
    Expr,
    Missing,
    MissingReason,
    Sample,
    counter,
    gauge,
    matches,
    not_matches,
    timer,
)
from sre_copilot_hookspecs.wire import TOLD_NOTE
from sre_copilot_prometheus.failures import CannotCompile
from sre_copilot_prometheus.promql import Compiler
from sre_copilot_prometheus.vocabulary import Vocabulary, Voice
from sre_copilot_temporal.dialects import DIALECTS
from tests.builtin_signals import MEASURED
from tests.cloud_text import cloud_text
from tests.exposition_targets import evaluated, value_of, view_of
from tests.prometheus_fake import Asked, Told, fake_prometheus, names, opened, read, vector

CLOUD = next(dialect for dialect in DIALECTS if dialect.key == "temporal-cloud-v1")
EXPRESSIONS = [signal.measure for signal in MEASURED if signal.measure is not None]
REQUESTS = counter("service_requests", role="server", service_name="frontend")
DISPATCHED = counter("poll_success", role="server")
LATENCY = timer("service_latency", role="server", service_name="frontend")
NOW = 1_800_000_000.0


def cloud(*expressions: Expr, lag: float | None = 200, at: float = NOW) -> TargetView:
    """The endpoint, scraped once."""
    text = cloud_text(None if lag is None else at - lag, openmetrics=True)
    return view_of([(at, text)], *EXPRESSIONS, *expressions, dialects=DIALECTS, openmetrics=True)


def test_it_is_recognised_by_its_names_and_told_apart_from_every_server() -> None:
    assert cloud().dialect is CLOUD


VALUES: dict[str, tuple[Expr, float]] = {
    "a rate is the gauge": (REQUESTS.rate("2m"), 56.5),
    "an increase is what a window of such seconds brings": (REQUESTS.increase("2m"), 56.5 * 120),
    "conditions meet the labels of the wire": (
        counter("service_requests", role="server", operation="StartWorkflowExecution").rate("2m"),
        16.5,
    ),
    "patterns do too": (
        counter("service_requests", role="server", namespace=not_matches("pay.*"), operation=matches("Start.*")).rate(
            "2m"
        ),
        4.0,
    ),
    "values in lower case": (counter("poll_success", role="server", task_type="Workflow").rate("2m"), 22.0),
    "patterns of them": (counter("poll_success", role="server", task_type=matches("Work.*")).rate("2m"), 22.0),
    "what did not happen is left out and zero": (counter("workflow_failed", role="server").rate("2m"), 0.0),
    "a gauge": (gauge("approximate_backlog_count", role="server").sum(), 97.0),
    "a quantile is the highest that is told": (LATENCY.quantile(0.99, over="5m"), 0.07),
    "another quantile": (LATENCY.quantile(0.95, over="5m"), 0.035),
    "a ratio of rates": (
        counter("poll_success_sync", role="server").rate("2m") / DISPATCHED.rate("2m"),
        18 / 32,
    ),
}


@pytest.mark.parametrize("what", VALUES)
def test_values(what: str) -> None:
    expression, expected = VALUES[what]
    assert value_of(expression, cloud(expression), at=NOW) == pytest.approx(expected)


def test_labels_come_under_their_logical_names() -> None:
    by_queue = DISPATCHED.rate("2m", by=["namespace", "taskqueue"])
    found = evaluated(by_queue, cloud(by_queue), at=NOW).values
    assert {key: value.number for key, value in found.items()} == {
        ("payments.a1b2c", "pay"): 30.0,
        ("orders.a1b2c", "ship"): 2.0,
    }


def test_a_value_is_as_old_as_its_minute_and_a_quantile_says_what_it_is() -> None:
    found = answer(
        next(signal for signal in MEASURED if signal.key == "frontend.latency_p99"),
        Evaluator("prod", [cloud()], round(NOW * 1000)),
    )
    assert isinstance(found, Sample)
    assert found.age == 200
    assert found.note == TOLD_NOTE


LACKS: dict[str, tuple[Expr, str]] = {
    "metric": (counter("tasks_added", role="server").rate("2m"), "temporal-cloud-v1 has no metric tasks_added."),
    "service": (
        timer("service_latency", role="server", service_name="history").quantile(0.99, over="5m"),
        'temporal-cloud-v1 has no service_latency with service_name="history".',
    ),
    "label": (
        counter("service_errors", role="server", error_type="Unavailable").rate("2m"),
        'temporal-cloud-v1 has no service_errors with error_type="Unavailable".',
    ),
    "label to keep": (
        REQUESTS.rate("2m", by=["error_type"]),
        "temporal-cloud-v1 has no label error_type on service_requests.",
    ),
    "quantile": (
        LATENCY.quantile(0.9, over="5m"),
        "temporal-cloud-v1 tells of service_latency the quantiles 0.5, 0.95, 0.99, not 0.9.",
    ),
    "mean": (
        LATENCY.mean(over="5m"),
        "temporal-cloud-v1 tells of service_latency the quantiles 0.5, 0.95, 0.99, and no counts.",
    ),
    "share": (
        LATENCY.share_over(0.1, over="5m"),
        "temporal-cloud-v1 tells of service_latency the quantiles 0.5, 0.95, 0.99, and no counts.",
    ),
}


@pytest.mark.parametrize("what", LACKS)
def test_what_is_not_told_is_missing_for_the_same_reason_in_both_ways_of_reading(what: str) -> None:
    expression, sentence = LACKS[what]
    expected = Missing(MissingReason.NOT_EMITTED, sentence)
    assert evaluated(expression, cloud(expression), at=NOW).why == expected
    with pytest.raises(CannotCompile) as refused:
        Compiler(Vocabulary("prod", (Voice("server", 'job="cloud"', CLOUD),))).compile(expression)
    assert refused.value.missing == expected


def test_samples_that_stand_still_are_stale_and_absence_is_not_zero_then() -> None:
    failed = counter("workflow_failed", role="server").rate("2m")
    for expression in (REQUESTS.rate("2m"), failed):
        why = evaluated(expression, cloud(expression, lag=301), at=NOW).why
        assert why is not None
        assert why.reason is MissingReason.STALE


def test_text_without_times_speaks_of_now() -> None:
    found = evaluated(REQUESTS.rate("2m"), cloud(lag=None), at=NOW).values[()]
    assert found.at == round(NOW * 1000)


def test_the_series_that_are_read_are_told() -> None:
    (spelling,) = spelling_of(LATENCY.quantile(0.95, over="5m"), cloud())
    assert spelling.dialect == "temporal-cloud-v1"
    assert dict(spelling.names)["temporal_cloud_v1_service_latency_p95"] == 2
    (lacking,) = spelling_of(counter("tasks_added", role="server").rate("2m"), cloud())
    assert lacking.trouble == "temporal-cloud-v1 has no metric tasks_added."


def compiled(expression: Expr) -> str:
    return Compiler(Vocabulary("prod", (Voice("server", 'job="cloud"', CLOUD),))).compile(expression)


UP = 'and on (job, instance) up{job="cloud"} == 1'


def test_a_rate_is_no_rate_of_a_gauge_in_promql_either() -> None:
    query = compiled(counter("service_requests", role="server", service_name="frontend", namespace="a").rate("2m"))
    assert query.startswith(
        '(sum (temporal_cloud_v1_service_request_count{temporal_namespace="a",job="cloud"} '
        f'{UP}) or 0 * group(up{{job="cloud"}} == 1 and on () count({{__name__=~"('
    )
    assert "rate(" not in query
    assert " * 300 and on" in compiled(REQUESTS.increase("5m"))


def test_a_quantile_is_the_highest_gauge_in_promql() -> None:
    assert compiled(LATENCY.quantile(0.99, over="5m", by=["namespace"])) == (
        '(max by (namespace) (label_replace(temporal_cloud_v1_service_latency_p99{job="cloud"} '
        f'{UP}, "namespace", "$1", "temporal_namespace", "(.*)")) > -Inf < +Inf)'
    )


def test_prometheus_is_asked_in_the_dialect_that_its_names_tell() -> None:
    def handle(asked: Asked) -> Told:
        if "/label/" in asked.path:
            return names("up", "temporal_cloud_v1_service_request_count", "temporal_cloud_v1_service_latency_p99")
        return vector([])

    async def found() -> tuple[dict[str, str], dict[str, str]]:
        async with fake_prometheus(handle) as fake:
            source = await opened(fake, dialects=DIALECTS)
            await read(source, *MEASURED)
            detected = source.detected("prod")
            chosen = await opened(fake, dialects=DIALECTS, dialect=("server-native",))
            await read(chosen, *MEASURED)
            return detected, chosen.detected("prod")

    detected, chosen = asyncio.run(found())
    assert detected["server"] == "temporal-cloud-v1"
    assert chosen["server"] == "server-native"
