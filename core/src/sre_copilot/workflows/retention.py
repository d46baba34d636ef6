"""Forgetting decisions that are older than the settings want them kept."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Protocol

from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import CopilotError

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two prunings, give or take a quarter: several workers should not meet at the same rows."""


class Pruning(Protocol):
    """What forgets."""

    async def prune(self, before: Instant) -> int:
        """Delete decisions that are older, and return how many rows went."""

    async def prune_readings(self, before: Instant) -> int:
        """Delete packed readings that are older, and return how many rows went."""


async def prune_regularly(store: Pruning, *, days: float, readings_days: float, every: float = EVERY) -> None:
    """Forget what is too old, about every ``every`` seconds, until cancelled.

    :param days: for which decisions are kept.
    :param readings_days: for which readings are kept in columns.
    """
    while True:
        await asyncio.sleep(every * random.uniform(0.75, 1.25))  # noqa: S311 - spreads work, hides nothing
        try:
            now = Instant.now()
            rows = await store.prune(now - TimeDelta(hours=24 * days))
            blocks = await store.prune_readings(now - TimeDelta(hours=24 * readings_days))
        except CopilotError as refusal:
            log.warning("Old decisions are kept for now: %s", refusal)
        else:
            log.info("%d rows were older than %g days, %d older than %g days.", rows, days, blocks, readings_days)
