"""Expressions over a stretch of the past, for back-tests and profiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import attrs
from whenever import Instant, TimeDelta

from sre_copilot_prometheus.answers import Series
from sre_copilot_prometheus.asking import Answers


@attrs.frozen
class Range:
    """Evenly spaced instants."""

    start: Instant
    end: Instant
    step: float
    """Seconds."""


@attrs.frozen
class Row:
    """The values of an expression at one instant, by its label values; missing ones are left out."""

    at: Instant
    values: dict[tuple[str, ...], float]


def rows_of(series: Sequence[Series], labels: Sequence[str]) -> tuple[Row, ...]:
    """One row for every instant with a value, oldest first."""
    rows: dict[int, dict[tuple[str, ...], float]] = {}
    for each in series:
        key = tuple(each.labels.get(label, "") for label in labels)
        for at, value in each.points:
            if math.isfinite(value):
                rows.setdefault(round(at * 1000), {})[key] = value
    return tuple(Row(Instant.from_timestamp(at, unit="millisecond"), rows[at]) for at in sorted(rows))


def moments_of(range_: Range) -> tuple[Instant, ...]:
    """The instants of a range; its end is the first one that is not among them."""
    count = math.ceil((range_.end - range_.start).total("seconds") / range_.step)
    return tuple(range_.start + TimeDelta(seconds=range_.step * number) for number in range(count))


def answers_at(answers: Answers, moments: Sequence[Instant]) -> Iterator[tuple[Instant, Answers]]:
    """What an instant query would have answered at each moment at which there is any value at all."""
    points = {
        member: [(series.labels, {round(at * 1000): value for at, value in series.points}) for series in found]
        for member, found in answers.series.items()
    }
    for moment in moments:
        then = _at(points, moment)
        if any(then.values()):
            yield moment, Answers(then, answers.failed, answers.warnings)


def _at(
    points: Mapping[str, Sequence[tuple[Mapping[str, str], Mapping[int, float]]]], moment: Instant
) -> dict[str, list[Series]]:
    stamp = moment.timestamp(unit="millisecond")
    return {
        member: [Series(labels, ((stamp / 1000, values[stamp]),)) for labels, values in found if stamp in values]
        for member, found in points.items()
    }
