"""Calls to synchronous code of plugins that may never return."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overrun(Exception):
    """A call did not return in time. No subclass of TimeoutError, which the call itself may raise."""


async def call_within(seconds: float, call: Callable[[], T], *, name: str) -> T:
    """Run a synchronous callable in a thread of its own, and wait for it no longer than that.

    A thread cannot be killed. One that overruns is abandoned: it is a daemon, so it keeps neither the event
    loop nor the end of the process waiting, which the threads of an executor would do.

    :param name: of the thread, for those who look at a stuck process.
    :raises Overrun: if the call did not return in time. Its result is lost.
    :raises Exception: whatever the call raised; ``SystemExit`` and the like as a :class:`RuntimeError`.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[T | None, BaseException | None]] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if not done.done():
            done.set_result((result, error))

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as raised:  # noqa: BLE001 - foreign code; told to the caller
            error = raised
        try:
            loop.call_soon_threadsafe(tell, result, error)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return

    threading.Thread(target=work, name=name, daemon=True).start()
    finished, _ = await asyncio.wait({done}, timeout=max(0.0, seconds))
    if not finished:
        done.cancel()
        raise Overrun(f"no answer within {seconds:.3g} s")
    result, error = done.result()
    if isinstance(error, Exception):
        raise error
    if error is not None:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error
    return result  # type: ignore[return-value]  # without an error there is a result
