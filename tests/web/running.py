"""The real API on a real store beside a test that drives a browser."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from tests.integration.decided import Recorded
from tests.integration.served import Served, serving


@attrs.frozen
class Copilot:
    """A running API; its clock stands still until it is moved."""

    served: Served
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{self.served.server.url}/"

    def record(self, *decided: Recorded) -> None:
        """Store decisions as a worker does, and let it be the instant of the last one."""
        self._run(self.served.store.record(decided))
        self.served.clock.now = max(receipt.decision.at for receipt, _ in decided)

    def forward(self, seconds: float) -> None:
        """Let time pass in which nothing is observed."""
        self.served.clock.forward(seconds)

    def stop(self) -> None:
        """End the API; the store stays."""
        self._run(self.served.server.stop())

    def _run(self, doing: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(60)


@contextmanager
def running_copilot(database: str, decided: Sequence[Recorded] = (), **options: Any) -> Iterator[Copilot]:
    """The API on a database, in a thread of its own."""
    started, stop, known = threading.Event(), asyncio.Event(), []
    loop = asyncio.new_event_loop()

    async def run() -> None:
        try:
            async with serving(database, **options) as served:
                known.append(Copilot(served, loop))
                started.set()
                await stop.wait()
        finally:
            started.set()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert started.wait(30)
        if decided:
            known[0].record(*decided)
        yield known[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
