"""Putting the readings of hours that are over into columns, where back-tests find them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Protocol

from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import CopilotError

log = logging.getLogger(__name__)

EVERY = 900.0
"""Seconds between two looks, give or take a quarter: several workers should not pack the same hour."""
SETTLED_AFTER = TimeDelta(minutes=10)
"""After the end of an hour: decisions that waited for the store have mostly arrived. Later ones are packed later."""


class Packing(Protocol):
    """What packs."""

    async def pack_readings(self, cluster: str, before: Instant) -> int:
        """Pack every hour that was over by ``before``, and return how many were."""


async def pack_regularly(store: Packing, clusters: Sequence[str], *, every: float = EVERY) -> None:
    """Pack what is settled, about every ``every`` seconds, until cancelled. The first look comes soon."""
    pause = every * random.uniform(0.05, 0.1)  # noqa: S311 - spreads work, hides nothing
    while True:
        await asyncio.sleep(pause)
        pause = every * random.uniform(0.75, 1.25)  # noqa: S311
        for cluster in clusters:
            try:
                hours = await store.pack_readings(cluster, Instant.now() - SETTLED_AFTER)
            except CopilotError as refusal:
                log.warning("Readings of cluster %s are not packed for now: %s", cluster, refusal)
            except Exception:
                log.exception("Readings of cluster %s are not packed.", cluster)
            else:
                log.debug("Readings of cluster %s: %d hours packed.", cluster, hours)
