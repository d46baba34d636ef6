"""Assessments in SQL, each with the issues it speaks of in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.explain.assessment import Assessment
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.store.issues import follow
from sre_copilot.store.text import COLUMN_LIMIT, Oversized, refuse_oversized, storable

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

ADD = """
INSERT INTO assessments (id, cluster, at, decision_id, started_by, state, cause, explained_by, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
"""
FIND = "SELECT document FROM assessments WHERE id = $1"
LATEST = "SELECT document FROM assessments WHERE cluster = $1 ORDER BY at DESC LIMIT 1"
BETWEEN = """
SELECT document FROM assessments WHERE cluster = $1 AND at >= $2 AND at < $3 ORDER BY at LIMIT $4
"""


def assessment_row(assessment: Assessment) -> tuple[object, ...]:
    """An assessment as it goes into its table.

    :raises TooLargeToStore: if it does not fit into a column.
    """
    document = storable(to_json(assessment))
    size = len(document.encode())
    if size > COLUMN_LIMIT:
        what = f"The assessment of cluster {assessment.cluster} at {assessment.at.format_iso()}"
        refuse_oversized([Oversized(assessment.id, what, size)])
    return (
        uuid.UUID(assessment.id),
        storable(assessment.cluster),
        assessment.at,
        storable(assessment.decision),
        assessment.trigger,
        assessment.state,
        storable(assessment.cause),
        storable(assessment.explanation.explained_by),
        document,
    )


async def add(connection: Pooled, row: tuple[object, ...], issues: Sequence[tuple[object, ...]]) -> None:
    """Write an assessment and its issues."""
    await connection.execute(ADD, *row)
    await follow(connection, issues)


async def find(connection: Pooled, wanted: uuid.UUID) -> Assessment | None:
    """The assessment with an id."""
    return _assessment(await connection.fetchval(FIND, wanted))


async def latest(connection: Pooled, cluster: str) -> Assessment | None:
    """The newest assessment of a cluster."""
    return _assessment(await connection.fetchval(LATEST, cluster))


async def between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> tuple[Assessment, ...]:
    """The first assessments of a span of time, oldest first."""
    rows = await connection.fetch(BETWEEN, cluster, since, until, limit)
    return tuple(from_json(row["document"], Assessment) for row in rows)


def _assessment(text: str | None) -> Assessment | None:
    return None if text is None else from_json(text, Assessment)
