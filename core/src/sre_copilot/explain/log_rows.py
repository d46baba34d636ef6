"""Log patterns as rows of the status document."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.explain.status import LogPatternRow
from sre_copilot.narrative.correlation import Correlated

MOST = 20
"""Rows of a status: attached ones come first, and nobody reads more."""


def log_rows(correlated: Iterable[Correlated]) -> tuple[LogPatternRow, ...]:
    """The rows, in the order of the patterns."""
    return tuple(_row(found) for found in list(correlated)[:MOST])


def _row(found: Correlated) -> LogPatternRow:
    pattern = found.pattern
    return LogPatternRow(
        key=pattern.key,
        service=pattern.service,
        severity=pattern.severity.value,
        count=pattern.count,
        template=pattern.template,
        first_at=pattern.first_at,
        last_at=pattern.last_at,
        means=pattern.means,
        remedy=pattern.remedy,
        sample=pattern.sample,
        new=pattern.new,
        gates=found.gates,
        lag_seconds=found.lag_seconds,
    )
