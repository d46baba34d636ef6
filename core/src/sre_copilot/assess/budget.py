"""How much of a cluster's hourly budget of model calls is used."""

from __future__ import annotations

from typing import Protocol

from whenever import Instant, TimeDelta

from sre_copilot.explain.assessment import Assessment

HOUR = TimeDelta(hours=1)
MOST = 500
"""Assessments of one cluster that are counted; the default schedule makes twelve an hour."""


class Remembering(Protocol):
    """What keeps assessments."""

    async def assessments(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[Assessment, ...]:
        """The first assessments of a span of time."""


async def calls_lately(store: Remembering, cluster: str, now: Instant) -> int:
    """How many calls of models the kept assessments of the last hour made, whichever worker made them.

    :raises CopilotError: if the store does not answer.
    """
    kept = await store.assessments(cluster, now - HOUR, now, MOST)
    return sum(len(one.calls) for one in kept)
