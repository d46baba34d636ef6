"""An answer that many ask for: fetched by one, good for a moment, and kept for when the store is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

from sre_copilot.store import StorageUnavailable

T = TypeVar("T")

KEEP = 0.5
"""Seconds for which an answer, or the lack of one, holds for everybody."""
PATIENCE = 0.3
"""Seconds to wait for a new answer when there is an old one: a dashboard wants one within half a second."""


@attrs.frozen
class Answer(Generic[T]):
    """What is known, and whether it is what was known before the store fell silent."""

    value: T
    trouble: str | None = None
    """Why this is only what was known before the store fell silent, where it is."""

    @property
    def degraded(self) -> bool:
        """Whether this is what was known before the store fell silent."""
        return self.trouble is not None


class Remembered(Generic[T]):
    """One question to the store."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], *, keep: float = KEEP, patience: float = PATIENCE) -> None:
        self._fetch = fetch
        self._keep = keep
        self._patience = patience
        self._known: Answer[T] | None = None
        self._trouble = "The store did not answer."
        self._asked_at: float | None = None
        self._asking: asyncio.Task[None] | None = None

    async def get(self) -> Answer[T]:
        """The answer, at most half a second old, or older and marked as degraded.

        :raises StorageUnavailable: if there never was one.
        """
        if not self._is_recent():
            await self._ask_once()
        if self._known is not None:
            return self._known
        raise StorageUnavailable(self._trouble)

    def _is_recent(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._asked_at is not None and now - self._asked_at < self._keep

    async def _ask_once(self) -> None:
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="ask the store")
        asking = self._asking
        done, _ = await asyncio.wait({asking}, timeout=None if self._known is None else self._patience)
        if done:
            asking.result()
        elif self._known is not None:
            self._known = Answer(self._known.value, "The store did not answer in time.")

    async def _ask(self) -> None:
        try:
            self._known = Answer(await self._fetch())
        except StorageUnavailable as trouble:
            self._trouble = str(trouble)
            if self._known is not None:
                self._known = Answer(self._known.value, self._trouble)
        finally:
            self._asking = None
            self._asked_at = asyncio.get_running_loop().time()
