"""Metric expressions: what they print, which units they have, and what cannot be built."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_copilot_hookspecs import (
    DeclarationError,
    Expr,
    SeriesFloor,
    Signal,
    Unit,
    Worst,
    counter,
    gauge,
    histogram,
    matches,
    not_equal,
    timer,
)
from sre_copilot_hookspecs.durations import duration_of, seconds_of

ADDED = counter("tasks_added", forwarded="false")
LATENCY = timer("persistence_latency", service_name="history")


def test_an_expression_is_readable_when_printed() -> None:
    assert repr(LATENCY.quantile(0.99, over="5m")) == (
        'quantile(0.99, timer persistence_latency{service_name="history"}[5m])'
    )
    assert repr(ADDED.rate("1m", by=["taskqueue"]).max()) == (
        'max(rate(counter tasks_added{forwarded="false"}[1m]) by (taskqueue))'
    )
    assert repr(1 - gauge("a", unit=Unit.RATIO, b=not_equal('x"y')).min()) == r'(1 - min(gauge a{b!="x\"y"}))'


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        (ADDED.rate("1m"), Unit.PER_SECOND),
        (ADDED.increase("1m"), Unit.COUNT),
        (counter("wait", unit=Unit.SECONDS).rate("1m"), Unit.RATIO),
        (LATENCY.quantile(0.5, over="1m"), Unit.SECONDS),
        (LATENCY.mean(over="1m"), Unit.SECONDS),
        (LATENCY.share_over(0.2, over="1m"), Unit.RATIO),
        (LATENCY.rate("1m"), Unit.PER_SECOND),
        (histogram("size", unit=Unit.BYTES).quantile(0.5, over="1m"), Unit.BYTES),
        (ADDED.rate("1m") / ADDED.rate("1m"), Unit.RATIO),
        (gauge("backlog").sum() / ADDED.rate("1m"), Unit.SECONDS),
        (ADDED.rate("1m") * LATENCY.mean(over="1m"), Unit.COUNT),
        (2 * ADDED.rate("1m") + 1, Unit.PER_SECOND),
    ],
)
def test_units_follow_from_the_arithmetic(expression: Expr, unit: Unit) -> None:
    assert expression.unit is unit


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: LATENCY.quantile(0.9, over="1m") + ADDED.rate("1m"), "need the same unit"),
        (lambda: LATENCY.quantile(1.5, over="1m"), "between 0 and 1"),
        (lambda: ADDED.rate("soon"), "not a window"),
        (lambda: ADDED.rate("0s"), "not a window"),
        (lambda: ADDED.rate("1m", by="taskqueue"), "one string"),
        (lambda: ADDED.rate("1m", by=["le"]), "not a label to group by"),
        (lambda: ADDED.rate("1m", by=["a"]).sum(by=["b"]), "no such label"),
        (lambda: ADDED.rate("1m", by=["a"]) / ADDED.rate("1m", by=["b"]), "the right side"),
        (lambda: ADDED.rate("1m") / float("nan"), "not a finite number"),
        (lambda: ADDED.rate("1m") * True, "not a finite number"),
        (lambda: counter("a-b"), "not a metric name"),
        (lambda: counter("a", unit=Unit.RATIO), "has no rate"),
        (lambda: histogram("a", unit=Unit.SECONDS), "use timer()"),
        (lambda: gauge("a", b=matches("(")), "not a regular expression"),
        (lambda: gauge("a", b=matches("(?=x)")), "look-around"),
        (lambda: ADDED.rate("1m") * ADDED.rate("1m"), "none of the base units"),
    ],
)
def test_what_makes_no_sense_cannot_be_built(build: Callable[[], Expr], says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        build()


def test_a_gauge_has_no_rate_and_a_counter_no_value() -> None:
    assert not hasattr(gauge("a"), "rate")
    assert not hasattr(counter("a"), "max")
    assert not hasattr(histogram("a"), "mean")


def test_only_events_are_zero_when_absent() -> None:
    rate = ADDED.rate("1m")
    assert rate.zero_when_absent
    assert (rate - rate).zero_when_absent
    assert (2 * rate).zero_when_absent
    assert not (rate + 1).zero_when_absent
    assert not (rate / rate).zero_when_absent
    assert not gauge("a").sum().zero_when_absent
    assert not LATENCY.quantile(0.5, over="1m").zero_when_absent


def test_equal_expressions_are_equal_and_hash_so() -> None:
    assert hash(ADDED.rate("60s")) == hash(counter("tasks_added", forwarded="false").rate("1m"))
    assert ADDED.rate("60s") == counter("tasks_added", forwarded="false").rate("1m")


def test_windows_shrink_with_the_cycle_but_not_below_the_least() -> None:
    expression = ADDED.rate("2m") / LATENCY.rate("5m")
    assert repr(expression.scaled(1 / 6, at_least=20)).count("[20s]") == 1
    assert "[50s]" in repr(expression.scaled(1 / 6, at_least=20))
    assert repr(expression.scaled(1 / 60, at_least=20)).count("[20s]") == 2
    assert repr(expression) == repr(ADDED.rate("2m") / LATENCY.rate("5m"))


@given(st.integers(1, 10**6))
def test_a_window_can_be_written_and_read_back(seconds: int) -> None:
    assert seconds_of(duration_of(seconds)) == seconds


def signal(**changes: object) -> Signal:
    fields: dict[str, object] = {
        "key": "a.b",
        "category": "primary",
        "service": "history",
        "unit": Unit.PER_SECOND,
        "asks": "?",
        "measure": ADDED.rate("1m"),
    }
    return Signal(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"key": "nodots"}, "joined by dots"),
        ({"unit": Unit.SECONDS}, "declared in seconds"),
        ({"measure": None}, "either a measure or"),
        ({"probe": "api"}, "either a measure or"),
        ({"dimensions": ("a",), "worst": Worst.SUM}, "has dimensions"),
        ({"measure": ADDED.rate("1m", by=["a"]), "dimensions": ("a",)}, "go together"),
        (
            {"measure": ADDED.rate("1m", by=["a"]), "dimensions": ("a",), "worst": Worst.SUM, "cap": 0},
            "keeps nothing",
        ),
        (
            {
                "measure": ADDED.rate("1m", by=["a"]),
                "dimensions": ("a",),
                "worst": Worst.SUM,
                "floor": SeriesFloor(ADDED.rate("1m"), 1),
            },
            "has dimensions",
        ),
    ],
)
def test_a_signal_that_contradicts_itself_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        signal(**changes)
