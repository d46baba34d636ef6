"""What machines ask: whether the process lives, whether it can serve, and what it measures."""

from __future__ import annotations

import falcon

from sre_copilot.api.board import Standing
from sre_copilot.api.desk import Desk
from sre_copilot.api.documents import Word
from sre_copilot.api.exposition import exposition
from sre_copilot.api.parameters import Asked
from sre_copilot.api.rendering import Body
from sre_copilot.store import StorageUnavailable

READY_WITHIN = 1.0
"""Seconds that the store has for an answer."""


async def health(_desk: Desk, _asked: Asked) -> Word:
    """The process answers. It asks nobody."""
    return Word("ok")


async def ready(desk: Desk, _asked: Asked) -> Word:
    """The store answers, within a second."""
    if not await desk.store.reachable(within=READY_WITHIN):
        raise falcon.HTTPServiceUnavailable(
            title="Not ready",
            description="The store does not answer; it is looked for in the background.",
        )
    return Word("ready")


async def metrics(desk: Desk, asked: Asked) -> Body:
    """Every watched cluster for Prometheus; without the store what was known, or that nothing is."""
    standings: tuple[Standing, ...] = ()
    degraded = True
    try:
        found = await desk.board.standings()
        standings, degraded = found.value, found.degraded
    except StorageUnavailable:
        pass
    connected = desk.store.connected
    desk.instruments.streams.set(desk.streams)
    made = exposition(
        standings,
        desk.clock(),
        degraded=degraded,
        connected=connected,
        own=desk.instruments.registry,
        accept=asked.accept,
    )
    return Body(made.text, media=made.content_type)
