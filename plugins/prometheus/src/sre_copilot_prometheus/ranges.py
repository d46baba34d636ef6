"""Expressions over a stretch of the past, for back-tests and profiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
from whenever import Instant

from sre_copilot_prometheus.answers import Series


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
