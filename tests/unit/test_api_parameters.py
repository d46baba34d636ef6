"""Times and limits as people and dashboards write them."""

from __future__ import annotations

import contextlib

import falcon
import pytest
from falcon import testing
from falcon.asgi import Request
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot.api.parameters import DEFAULT_LIMIT, limit_asked, parse_instant, span_asked

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


def test_without_times_it_is_the_last_day():
    span = span_asked(asked(""), NOW)
    assert (span.start, span.end) == (NOW - TimeDelta(hours=24), NOW)


def test_an_end_alone_has_the_day_before_it():
    span = span_asked(asked("end=2026-02-01T00:00:00Z"), NOW)
    assert span.start == Instant.from_utc(2026, 1, 31)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("start=soon", "'soon' is not an instant"),
        ("end=%00%ff", "is not an instant"),
        ("start=1772366400", "milliseconds"),
        ("start=2026-03-02T00:00:00Z", "is not before end"),
        ("start=2026-03-01T00:00:00Z&end=2026-03-01T00:00:00Z", "is not before end"),
        ("start=2026-03-01T00:00:00Z&start=2026-03-01T00:00:00Z", "more than once"),
        ("end=0001-01-01T00:00:00Z", "no calendar"),
    ],
)
def test_times_that_make_no_span_are_refused_with_a_sentence(query: str, says: str):
    with pytest.raises(falcon.HTTPInvalidParam) as refused:
        span_asked(asked(query), NOW)
    assert says in str(refused.value.description)


def test_limits():
    assert limit_asked(asked("")) == DEFAULT_LIMIT
    assert limit_asked(asked("limit=1")) == 1
    assert limit_asked(asked("limit=10000")) == 10000
    for wrong in ("0", "-1", "10001", "1000000000", "9" * 400, "ten", "1.5", "0x10", "%D9%A3"):
        with pytest.raises(falcon.HTTPInvalidParam) as refused:
            limit_asked(asked(f"limit={wrong}"))
        assert "whole number from 1 to 10000" in str(refused.value.description)
