"""Names on the wire, what tells dialects apart, and what must be said of a quantile."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_hookspecs import Dialect, Emitter, LabelSpelling, Matcher, MatchOperator, Unit, counter, gauge, timer
from sre_copilot_hookspecs.buckets import bucket_around, bucket_note
from sre_copilot_hookspecs.completeness import lacking_buckets, needed_labels
from sre_copilot_hookspecs.detection import best_fit, is_foreign, rivals, timers_of
from sre_copilot_hookspecs.wire import can_have, conditions_of, is_offered, lack, names_of, wire_name
from sre_copilot_temporal.dialects import DIALECTS
from sre_copilot_temporal.signals import SIGNALS
from tests.exposition_targets import NATIVE, OPENTELEMETRY, SDK_MILLISECONDS, SDK_SECONDS, signal_of

TOLD = Dialect(
    "told",
    Emitter.SERVER,
    "rates and quantiles as gauges",
    aggregated=True,
    told_quantiles=((0.5, "_p50"),),
    only_renamed=True,
    renames=(("wait", "acme_wait"), ("jobs", "acme_jobs")),
    labels=(LabelSpelling("queue", "acme_queue"), LabelSpelling("kind", "kind", lower_case=True)),
    implied_labels=(("service_name", "frontend"),),
)


def test_synthetic_metrics_are_spelt_the_same_everywhere() -> None:
    assert {wire_name(dialect, gauge("up")) for dialect in (NATIVE, OPENTELEMETRY, TOLD)} == {"up"}


def test_a_told_timer_is_read_by_its_quantiles_and_no_other_part() -> None:
    assert names_of(TOLD, timer("wait"), "_bucket") == ("acme_wait_p50",)
    assert names_of(TOLD, counter("jobs"), "") == ("acme_jobs",)
    assert names_of(NATIVE, timer("wait"), "_bucket") == ("wait_bucket",)
    assert is_offered(TOLD, timer("wait"), {"acme_wait_p50"})
    assert not is_offered(TOLD, timer("wait"), {"wait_bucket"})


def test_conditions_are_put_to_the_labels_of_the_wire() -> None:
    metric = counter("jobs", queue="A", kind="Workflow", service_name="frontend", role="server", instance="a:1")
    assert [str(each) for each in conditions_of(TOLD, metric)] == ['kind="workflow"', 'acme_queue="A"']
    assert len(conditions_of(NATIVE, metric)) == 3, "conditions on the target are nobody's series'"


def test_what_is_implied_has_to_be_met_and_what_is_not_there_is_empty() -> None:
    assert lack(TOLD, counter("jobs", service_name="frontend").rate("1m")) == ""
    assert lack(TOLD, counter("jobs", other="").rate("1m")) == ""
    assert lack(TOLD, counter("jobs", service_name="history").rate("1m"))
    assert lack(TOLD, counter("jobs", other="x").rate("1m"))
    assert lack(NATIVE, counter("jobs", other="x").rate("1m")) == ""
    assert lack(TOLD, gauge("up", job="x").sum()) == ""


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        (MatchOperator.EQUAL, "server", True),
        (MatchOperator.NOT_EQUAL, "server", False),
        (MatchOperator.MATCHES, "ser.*", True),
        (MatchOperator.MATCHES, "serve", False),
        (MatchOperator.NOT_MATCHES, "work.*", True),
    ],
)
def test_a_condition_on_the_role_selects_who_is_asked(operator: MatchOperator, value: str, met: bool) -> None:
    matcher = Matcher("role", operator, value)
    assert matcher.meets("server") is met
    metric = gauge("depth")
    assert can_have(metric, "server")


WAIT = frozenset({timer("wait"), counter("jobs")})


def test_names_tell_dialects_apart_before_bounds_do() -> None:
    found, matched = rivals([NATIVE, OPENTELEMETRY], WAIT, {"wait_milliseconds_bucket", "jobs_total"})
    assert (found, matched) == ([OPENTELEMETRY], 2)
    both, _ = rivals([SDK_MILLISECONDS, SDK_SECONDS], WAIT, {"wait_bucket"})
    assert both == [SDK_MILLISECONDS, SDK_SECONDS]
    assert timers_of(both, WAIT, {"wait_bucket"}) == ["wait"]
    assert best_fit(both, WAIT, {"wait": 50.0}) is SDK_MILLISECONDS
    assert best_fit(both, WAIT, {"wait": 0.05}) is SDK_SECONDS


def test_a_process_without_one_of_many_metrics_is_somebody_else() -> None:
    assert is_foreign(0, 10)
    assert not is_foreign(0, 9)
    assert not is_foreign(1, 1000)


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each.emitter is Emitter.SERVER], ids=lambda d: d.key)
def test_every_dialect_of_a_server_explains_its_own_names_best(dialect: Dialect) -> None:
    metrics = frozenset(
        metric for signal in SIGNALS if signal.measure for part in signal.measure.walk() for metric in part.metrics
    )
    names = {
        name for metric in metrics for name in names_of(dialect, metric, "_bucket" if metric.kind == "timer" else "")
    }
    servers = [each for each in DIALECTS if each.emitter is Emitter.SERVER]
    best, _ = rivals(servers, metrics, names)
    bounds = dict.fromkeys(timers_of(best, metrics, names), dialect.first_timer_bound or 1.0)
    assert best_fit(best, metrics, bounds) is dialect


@given(st.floats(0.0001, 100), st.sets(st.floats(0.001, 50), min_size=1))
def test_a_bucket_is_around_its_value(value: float, bounds: set[float]) -> None:
    found = bucket_around(value, [*bounds, math.inf])
    assert found is not None
    lower, upper = found
    assert lower <= value * (1 + 1e-9)
    assert value <= upper
    assert not any(lower < bound < upper for bound in bounds)


def test_only_wide_buckets_are_worth_a_word() -> None:
    assert bucket_note(1, 1.5, Unit.SECONDS) == ""
    assert bucket_note(1, 5, Unit.SECONDS) == "within the bucket from 1 s to 5 s"
    assert bucket_note(5, math.inf, Unit.BYTES) == "above the highest bucket bound, 5 B"
    assert bucket_around(1.0, []) is None


def test_what_signals_need_of_a_process_is_known_by_the_names_of_its_samples() -> None:
    signals = [
        signal_of(timer("wait", queue="a").quantile(0.9, over="1m"), "test.wait"),
        signal_of(counter("jobs", queue="a", role="worker").rate("1m"), "test.jobs"),
    ]
    assert needed_labels(NATIVE, "server", signals) == {"wait_bucket": {"queue"}}
    assert needed_labels(NATIVE, "worker", signals) == {"wait_bucket": {"queue"}, "jobs": {"queue"}}
    assert lacking_buckets(NATIVE, "server", signals, {"wait_count", "wait_sum"}) == ("wait",)
    assert lacking_buckets(NATIVE, "server", signals, {"wait_count", "wait_bucket"}) == ()
    # What a dialect has no word for is nothing that its processes lack.
    assert needed_labels(TOLD, "server", signals) == {}
