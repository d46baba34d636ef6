"""What every answer is made with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
from whenever import Instant

from sre_copilot.api.board import Board
from sre_copilot.api.instruments import Instruments
from sre_copilot.api.rendering import Renderings
from sre_copilot.store import Store

T = TypeVar("T")
Clock = Callable[[], Instant]

MOST_STREAMS = 100
"""Clients that may follow events at once."""


@attrs.define
class Desk:
    """The store, what is remembered of it, and the clock."""

    store: Store
    board: Board
    clock: Clock
    instruments: Instruments
    renderings: Renderings = attrs.field(factory=Renderings)
    most_streams: int = MOST_STREAMS
    streams: int = 0
    """Clients that follow events now."""
    closing: bool = False
    """The server stops: whoever follows events is let go."""

    async def timed(self, asking: Awaitable[T]) -> T:
        """What the store answers, with the time that it took put down."""
        return await self.instruments.timed(asking)
