"""Times and limits as people and dashboards write them."""

from __future__ import annotations

import contextlib
import re

import pytest
from falcon import testing
from falcon.asgi import Request
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot.api.history import DEFAULT_SPAN
from sre_copilot.api.parameters import DEFAULT_ROWS, END, ROWS, START, parse_instant, parse_step
from sre_copilot.api.problems import BadParameter
from sre_copilot.api.spans import Span, refuse_many_steps, span_of

NOW = Instant.from_utc(2026, 3, 1, 12)


def asked(query: str) -> Request:
    return testing.create_asgi_req(query_string=query)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T13:00:00 01:00",
        "2026-03-01T12:00:00.000Z",
        "1772366400000",
    ],
)
def test_one_instant_is_written_in_many_ways(text: str):
    assert parse_instant(text) == NOW


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-03-01", "2026-03-01T12:00:00", "1772366400", "9" * 18, "-5", "1e12", "٣" * 13]
)
def test_what_is_not_an_instant_is_refused(text: str):
    with pytest.raises((ValueError, OverflowError)):
        parse_instant(text)


@given(st.text())
def test_no_text_does_anything_else_to_the_parser(text: str):
    with contextlib.suppress(ValueError, OverflowError):
        parse_instant(text)


def span(query: str) -> Span:
    request = asked(query)
    return span_of(START, START.read(request), END, END.read(request), now=NOW, default=DEFAULT_SPAN)


def test_without_times_it_is_the_last_day():
    assert span("") == Span(NOW - TimeDelta(hours=24), NOW)


def test_an_end_alone_has_the_day_before_it():
    assert span("end=2026-02-01T00:00:00Z").start == Instant.from_utc(2026, 1, 31)


@pytest.mark.parametrize(
    ("query", "name", "says"),
    [
        ("start=soon", "start", "'soon' is not understood"),
        ("end=%00%ff", "end", "is not understood"),
        ("start=1772366400", "start", "milliseconds"),
        ("start=2026-03-02T00:00:00Z", "start", "is not before end"),
        ("start=2026-03-01T00:00:00Z&end=2026-03-01T00:00:00Z", "start", "is not before end"),
        ("start=2026-03-01T00:00:00Z&start=2026-03-01T00:00:00Z", "start", "more than once"),
        ("end=0001-01-01T00:00:00Z", "end", "no calendar"),
    ],
)
def test_times_that_make_no_span_are_refused_with_a_sentence(query: str, name: str, says: str):
    with pytest.raises(BadParameter) as refused:
        span(query)
    assert says in str(refused.value.description)
    assert refused.value.parameter == name
    assert refused.value.accepted


def test_limits():
    assert ROWS.read(asked("")) == DEFAULT_ROWS
    assert ROWS.read(asked("limit=1")) == 1
    assert ROWS.read(asked("limit=25000")) == 25000
    for wrong in ("0", "-1", "25001", "1000000000", "9" * 400, "ten", "1.5", "0x10", "%D9%A3"):
        with pytest.raises(BadParameter) as refused:
            ROWS.read(asked(f"limit={wrong}"))
        assert refused.value.accepted == "Give a whole number from 1 to 25000."


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("1000", 1000), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000), ("7d", 604_800_000)],
)
def test_steps_are_milliseconds_or_durations(text: str, milliseconds: int):
    assert parse_step(text) == milliseconds


@pytest.mark.parametrize("text", ["0", "999", "0s", "-5m", "5", "ten", "5 m", "9" * 30, "99999d", "٣m", "1e4"])
def test_other_steps_are_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        parse_step(text)


def advised(refused: BadParameter) -> int:
    """The step that a refusal names, in milliseconds."""
    found = re.search(r"at least (\d+)s", refused.accepted)
    assert found is not None
    return int(found[1]) * 1000


def test_ten_years_in_seconds_are_refused_with_the_step_that_fits():
    decade = Span(NOW - TimeDelta(hours=24 * 3650), NOW)
    with pytest.raises(BadParameter) as refused:
        refuse_many_steps(decade, 1000, 25_000)
    assert "315,360,000 steps" in str(refused.value.description)
    refuse_many_steps(decade, advised(refused.value), 25_000)


@given(st.integers(1, 10**12), st.integers(1000, 10**9), st.integers(1, 25_000))
def test_the_step_that_is_advised_fits(length: int, step: int, most: int):
    whole = Span(NOW, NOW + TimeDelta(milliseconds=length))
    try:
        refuse_many_steps(whole, step, most)
    except BadParameter as refused:
        refuse_many_steps(whole, advised(refused), most)
