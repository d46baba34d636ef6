"""Kinds of log lines as a status document shows them."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.explain.status import LogPatternRow
from sre_copilot.narrative.correlation import Correlated


def log_rows(correlated: Iterable[Correlated]) -> tuple[LogPatternRow, ...]:
    """One row for each, in the same order."""
    return tuple(_row(found) for found in correlated)


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
