"""Spans of time that are asked for, and the steps in them."""

from __future__ import annotations

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.api.parameters import Parameter
from sre_copilot.api.problems import BadParameter


@attrs.frozen
class Span:
    """From ``start`` up to but not including ``end``."""

    start: Instant
    end: Instant

    @property
    def milliseconds(self) -> int:
        """Its length."""
        return round((self.end - self.start).total("milliseconds"))


def span_of(
    first: Parameter[Instant | None],
    start: Instant | None,
    last: Parameter[Instant | None],
    end: Instant | None,
    *,
    now: Instant,
    default: TimeDelta,
) -> Span:
    """The span of time; without an end until now, without a start of the default length.

    :raises BadParameter: if it would end before it begins, or begin before there is a calendar.
    """
    end = end or now
    try:
        start = start or end - default
    except (ValueError, OverflowError) as error:
        raise BadParameter(
            last.name, "Before it there is no calendar left.", f"Give {first.name} too, or a later instant."
        ) from error
    if start >= end:
        raise BadParameter(
            first.name, f"{start.format_iso()} is not before {last.name}, {end.format_iso()}.", "Give an earlier one."
        )
    return Span(start, end)


def refuse_many_steps(span: Span, step: int, most: int) -> None:
    """Refuse a span with more steps than an answer has rows.

    :param step: milliseconds.
    :raises BadParameter: naming the shortest step that fits.
    """
    count = -(-span.milliseconds // step)
    if count > most:
        fitting = -(-span.milliseconds // most)
        raise BadParameter(
            "step",
            f"The span has {count:,} steps of {step / 1000:g} s; an answer holds {most:,}.",
            f"Give at least {-(-fitting // 1000)}s, or a shorter span.",
        )
