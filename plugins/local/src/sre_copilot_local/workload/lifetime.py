"""How long the worker and the load run: until they are told to end, or nobody is left to tell them."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

LOOK_AGAIN = 1.0
"""Seconds between looks for the parent."""


def stop_when_told() -> asyncio.Event:
    """An event that is set by SIGTERM or SIGINT, and soon after the parent process has ended."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _look_for(os.getppid(), stop, loop)
    return stop


def _look_for(parent: int, stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    if os.getppid() != parent:
        stop.set()
    elif not stop.is_set():
        loop.call_later(LOOK_AGAIN, _look_for, parent, stop, loop)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past the end."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), timeout=seconds)
