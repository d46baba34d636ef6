"""How targets spell their metrics, found out from what they offer."""

from __future__ import annotations

import pytest

from sre_copilot_exposition.needs import Needs
from sre_copilot_hookspecs import Dialect, Emitter, MissingReason, Unit, counter, gauge, histogram, not_equal, timer
from sre_copilot_hookspecs.wire import scaled, wire_name
from tests.exposition_targets import NATIVE, OPENTELEMETRY, evaluated, recorded, signal_of, value_of, view_of

LATENCY = timer("temporal_workflow_task_schedule_to_start_latency").quantile(0.5, over="2m")
REQUESTS = counter("temporal_request").rate("2m")


@pytest.mark.parametrize(
    ("recording", "dialect"),
    [
        ("sdk_dialect_default", "sdk-milliseconds"),
        ("sdk_dialect_seconds", "sdk-seconds"),
        ("sdk_dialect_seconds_suffixes", "sdk-suffixes"),
    ],
)
def test_each_naming_of_the_sdk_is_recognised(recording, dialect):
    worker = view_of([(0, recorded(f"{recording}.worker"))], LATENCY, REQUESTS, role="worker")
    assert worker.dialect.key == dialect


@pytest.mark.parametrize("recording", ["sdk_dialect_default", "sdk_dialect_seconds", "sdk_dialect_seconds_suffixes"])
def test_timers_are_seconds_in_every_naming(recording):
    scrapes = [(0, recorded(f"{recording}.worker")), (60, grown(recording))]
    worker = view_of(scrapes, LATENCY, role="worker")
    # The recorded worker was never behind: half of its tasks waited for less than a tenth of a second.
    assert value_of(LATENCY, worker, at=60) <= 0.1


def grown(recording):
    """The same scrape with every bucket doubled."""
    lines = []
    for line in recorded(f"{recording}.worker").decode().splitlines():
        head, _, number = line.rpartition(" ")
        lines.append(line if line.startswith("#") else f"{head} {2 * float(number)}")
    return "\n".join(lines) + "\n"


def test_the_unit_is_known_even_where_only_a_mean_is_asked_for():
    mean = timer("temporal_workflow_task_schedule_to_start_latency").mean(over="2m")
    worker = view_of(
        [(0, recorded("sdk_dialect_default.worker")), (60, grown("sdk_dialect_default"))], mean, role="worker"
    )
    assert worker.dialect.key == "sdk-milliseconds"
    assert value_of(mean, worker, at=60) < 1


def test_a_native_server_is_recognised():
    latency = timer("persistence_latency").quantile(0.95, over="2m")
    view = view_of([(0, recorded("steady.server.t0"))], latency, counter("service_requests").rate("2m"))
    assert view.dialect.key == "native"


OTEL_FIRST = """\
# TYPE service_requests_total counter
service_requests_total{operation="a"} 10
# TYPE service_latency_milliseconds histogram
service_latency_milliseconds_bucket{le="1"} 0
service_latency_milliseconds_bucket{le="200"} 10
service_latency_milliseconds_bucket{le="+Inf"} 10
service_latency_milliseconds_sum 1000
service_latency_milliseconds_count 10
"""
OTEL_SECOND = """\
# TYPE service_requests_total counter
service_requests_total{operation="a"} 70
# TYPE service_latency_milliseconds histogram
service_latency_milliseconds_bucket{le="1"} 0
service_latency_milliseconds_bucket{le="200"} 20
service_latency_milliseconds_bucket{le="+Inf"} 20
service_latency_milliseconds_sum 2500
service_latency_milliseconds_count 20
"""


def test_an_opentelemetry_server_is_read_in_seconds():
    # A window that hardly exceeds the scrapes, so that nothing is extrapolated.
    share = timer("service_latency").share_over(0.2, over="61s")
    mean = timer("service_latency").mean(over="61s")
    rate = counter("service_requests").rate("61s")
    view = view_of([(0, OTEL_FIRST), (60, OTEL_SECOND)], share, mean, rate)
    assert view.dialect.key == "opentelemetry"
    assert value_of(share, view, at=60) == 0
    assert value_of(mean, view, at=60) == pytest.approx(0.15)
    assert value_of(rate, view, at=60) == pytest.approx(1)


@pytest.mark.parametrize("spelling", ["serviceerror.NotFound", "serviceerror_NotFound"])
def test_a_sanitising_dialect_is_asked_with_or_without_punctuation(spelling):
    grown = counter("errors", kind=spelling).increase("61s")
    others = counter("errors", kind=not_equal(spelling)).increase("61s")
    text = 'errors{kind="serviceerror_NotFound"} 1\nerrors{kind="x"} 100\n'
    view = view_of([(0, text), (60, text.replace("} 1\n", "} 9\n"))], grown, others)
    assert value_of(grown, view, at=60) == pytest.approx(8, rel=0.02)
    assert value_of(others, view, at=60) == 0


def test_a_raw_dialect_keeps_punctuation():
    raw = counter("service_requests", operation="a.b").increase("2m")
    text = 'service_requests_total{operation="a_b"} 1\n'
    view = view_of([(0, text), (60, text.replace("} 1", "} 9"))], raw)
    assert view.dialect.raw_label_values
    assert value_of(raw, view, at=60) == 0


def test_names_on_the_wire():
    assert wire_name(OPENTELEMETRY, counter("a")) == "a_total"
    assert wire_name(OPENTELEMETRY, gauge("a")) == "a"
    assert wire_name(OPENTELEMETRY, timer("a")) == "a_milliseconds"
    assert wire_name(OPENTELEMETRY, histogram("a")) == "a_ratio"
    assert wire_name(OPENTELEMETRY, histogram("a", unit=Unit.BYTES)) == "a_bytes"
    renamed = Dialect("d", Emitter.SERVER, "", renames=(("a", "b"),), counter="x_{name}")
    assert wire_name(renamed, counter("a")) == "b"
    assert wire_name(renamed, counter("c")) == "x_c"


def test_scaled_bounds_are_the_numbers_people_write():
    assert [scaled(bound, 0.001) for bound in (1, 9, 13, 300, 2500)] == [0.001, 0.009, 0.013, 0.3, 2.5]
    assert scaled(float("inf"), 0.001) == float("inf")


def test_a_process_that_offers_none_of_many_metrics_is_not_taken_for_an_idle_server():
    rates = [counter(f"some_{letter}").rate("2m") for letter in "abcdefghijkl"]
    text = "node_load1 0.5\n"
    why = evaluated(rates[0], view_of([(0, text), (60, text)], *rates), at=60).why
    assert why.reason is MissingReason.NOT_EMITTED


def test_needs_leave_out_metrics_of_the_other_role():
    signals = [signal_of(counter("a", role="worker").rate("1m")), signal_of(counter("b").rate("2m"))]
    needs = Needs().with_signals(signals, "server")
    assert needs.names(NATIVE) == {"b"}
    assert needs.longest == 120
    assert needs.with_signals(signals, "server") == needs
