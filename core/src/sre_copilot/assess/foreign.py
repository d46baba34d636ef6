"""Asynchronous code of plugins, run where it can hold up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sre_copilot.plugins.deadline import call_within

T = TypeVar("T")


async def ask_within(seconds: float, ask: Callable[[], Awaitable[T]], *, name: str) -> T:
    """The answer of a plugin's coroutine, in an event loop and a thread of its own.

    A coroutine that blocks would otherwise stop the observation of every cluster, which shares our loop.

    :param ask: makes the coroutine; called in the thread.
    :raises Overrun: if there is no answer in time. The thread is left behind.
    :raises Exception: whatever the plugin raised.
    """

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await ask()

    return await call_within(seconds, lambda: asyncio.run(bounded()), name=name)
