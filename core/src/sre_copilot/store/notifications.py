"""What was told to whom, in SQL."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.store.rows import NotificationRow
from sre_copilot.store.text import storable

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

_NOTIFICATIONS = uuid.UUID("c2d5b1de-5b0b-4a70-8f9c-0d8a7f0f3e21")
"""An arbitrary namespace of our own for the ids below."""

# What failed may be told later; what was told stays told.
NOTE = """
INSERT INTO notifications (id, cluster, at, notifier, decision_id, outcome, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail
WHERE notifications.outcome <> 'told'
"""
BETWEEN = """
SELECT cluster, at, notifier, decision_id, outcome, detail FROM notifications
WHERE cluster = $1 AND at >= $2 AND at < $3 ORDER BY at, notifier LIMIT $4
"""


def notification_id(notifier: str, decision: str) -> uuid.UUID:
    """One for each notifier and state change."""
    return uuid.uuid5(_NOTIFICATIONS, f"{notifier}\n{decision}")


async def note(connection: Pooled, row: NotificationRow) -> None:
    """Keep what became of one notification."""
    await connection.execute(
        NOTE,
        notification_id(row.notifier, row.decision),
        storable(row.cluster),
        row.at,
        storable(row.notifier),
        storable(row.decision),
        row.outcome,
        storable(row.detail),
    )


async def notifications_between(
    connection: Pooled, cluster: str, since: Instant, until: Instant, limit: int
) -> tuple[NotificationRow, ...]:
    """The first notifications of a span of time."""
    return tuple(
        NotificationRow(row["cluster"], row["at"], row["notifier"], row["decision_id"], row["outcome"], row["detail"])
        for row in await connection.fetch(BETWEEN, cluster, since, until, limit)
    )
