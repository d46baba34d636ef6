"""What may stand in a query string, and the sentence for what may not."""

from __future__ import annotations

import re

import attrs
import falcon
from falcon.asgi import Request
from whenever import Instant, TimeDelta

DEFAULT_SPAN = TimeDelta(hours=24)
DEFAULT_LIMIT = 3000
"""Rows: a day of cycles of 30 s has 2,880."""
MOST_ROWS = 10_000

NOT_SECONDS = 100_000_000_000
"""Milliseconds in 1973. A smaller number was meant as seconds, and would silently lead to 1970."""
LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
"""The plus sign of an offset, which a query string turns into a space unless it is written as %2B."""


@attrs.frozen
class Span:
    """From ``start`` up to but not including ``end``."""

    start: Instant
    end: Instant


def cluster_asked(request: Request) -> str | None:
    """The cluster that is named; nothing and an empty name are the same."""
    return _one(request, "cluster") or None


def span_asked(request: Request, now: Instant) -> Span:
    """The span of time; without an end until now, without a start 24 hours."""
    try:
        end = _instant(request, "end") or now
        start = _instant(request, "start") or end - DEFAULT_SPAN
    except (ValueError, OverflowError) as error:
        raise falcon.HTTPInvalidParam("24 hours before it there is no calendar; give start too.", "end") from error
    if start >= end:
        raise falcon.HTTPInvalidParam(f"{start.format_iso()} is not before end, {end.format_iso()}.", "start")
    return Span(start, end)


def limit_asked(request: Request) -> int:
    """How many rows at most."""
    text = _one(request, "limit")
    if not text:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= MOST_ROWS:
        raise falcon.HTTPInvalidParam(f"{text[:40]!r} is not a whole number from 1 to {MOST_ROWS}.", "limit")
    return int(text)


def _one(request: Request, name: str) -> str:
    found = request.get_param_as_list(name) or [""]
    if len(found) > 1:
        raise falcon.HTTPInvalidParam("It is given more than once.", name)
    return found[0].strip()


def _instant(request: Request, name: str) -> Instant | None:
    text = _one(request, name)
    if not text:
        return None
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise falcon.HTTPInvalidParam(
            f"{text[:60]!r} is not an instant. Give ISO 8601 with an offset, such as 2026-03-01T12:00:00Z,"
            " or milliseconds since 1970.",
            name,
        ) from error


def parse_instant(text: str) -> Instant:
    """An instant in ISO 8601 or in milliseconds since 1970.

    :raises ValueError: if it is neither, or a number too small to be milliseconds.
    :raises OverflowError: if it lies outside of the calendar.
    """
    if re.fullmatch(r"[0-9]{1,18}", text):
        if int(text) < NOT_SECONDS:
            raise ValueError(f"{text} looks like seconds")
        return Instant.from_timestamp(int(text), unit="millisecond")
    return Instant.parse_iso(LOST_PLUS.sub(r"+\1", text))
