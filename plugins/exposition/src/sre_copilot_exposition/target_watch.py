"""One target over time: scraping it again and again, and remembering the last scrapes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import attrs
from httpx2 import AsyncClient

from sre_copilot_exposition.clock import Clock, milliseconds
from sre_copilot_exposition.dialect import Detected
from sre_copilot_exposition.digest import Digest, digest
from sre_copilot_exposition.exposition_text import Body, MalformedText
from sre_copilot_exposition.needs import Needs
from sre_copilot_exposition.ring import Ring, Scrape
from sre_copilot_exposition.sample_lines import SampleParser
from sre_copilot_exposition.scrape import ScrapeFailed, fetch
from sre_copilot_exposition.series import SeriesTable
from sre_copilot_exposition.settings import ExpositionSettings
from sre_copilot_exposition.targets import Target
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Dialect

_SCRAPES_IN_RING = 20
"""How many scrapes of the largest allowed size are remembered; usual ones are far smaller."""
_SHORTEST_MEMORY = 300.0
_WINDOWS_IN_MEMORY = 1.5


class TargetWatch:
    """Scrapes one target. A scrape that fails counts as down and is remembered as such."""

    def __init__(self, target: Target, dialects: Sequence[Dialect], settings: ExpositionSettings, clock: Clock) -> None:
        self.target = target
        self._dialects = dialects
        self._settings = settings
        self._clock = clock
        self._ring = Ring(settings.max_samples * _SCRAPES_IN_RING)
        self._parser = SampleParser(SeriesTable(target.labels))
        self._detected = Detected(dialects[0], 0, 0)
        self._offered: frozenset[str] = frozenset()
        self._digesting: asyncio.Future[Digest] | None = None

    @property
    def dialect(self) -> Dialect:
        """What the target speaks, as far as is known."""
        return self._detected.dialect

    def view(self) -> TargetView:
        """What is known about the target; only after the first scrape."""
        return TargetView(self.target, self.dialect, self._ring.scrapes(), self._detected.foreign)

    async def scrape(self, client: AsyncClient, needs: Needs, limit: float) -> None:
        """Scrape once, within ``limit`` seconds. Never raises for what the target does."""
        at, begun = milliseconds(self._clock()), time.monotonic()
        try:
            async with asyncio.timeout(limit):
                scrape = await self._scraped(client, needs, at)
        except TimeoutError:
            scrape = self._failed(at, f"did not answer within {limit:.3g} s")
        except ScrapeFailed as error:
            scrape = self._failed(at, str(error))
        except MalformedText as error:
            scrape = self._failed(at, f"does not send metrics: {error}")
        keep = max(_SHORTEST_MEMORY, needs.longest * _WINDOWS_IN_MEMORY)
        self._ring.append(attrs.evolve(scrape, duration=time.monotonic() - begun), keep)

    def down(self, error: str, keep: float = _SHORTEST_MEMORY) -> None:
        """Remember that the target could not even be tried."""
        self._ring.append(self._failed(milliseconds(self._clock()), error), keep)

    def _failed(self, at: int, error: str) -> Scrape:
        return Scrape(at, 0.0, error=f"{self.target.url} {error}")

    async def _scraped(self, client: AsyncClient, needs: Needs, at: int) -> Scrape:
        if self._digesting is not None and not self._digesting.done():
            raise ScrapeFailed("sent an answer last time that is still being read")
        bearer = self._settings.bearer if self.target.role == "server" else None
        body = await fetch(client, self.target, self._settings.max_body, bearer)
        found = await self._digested(body, needs, at)
        self._detected = found.detected
        # Names hardly ever change; one copy serves all scrapes in the ring.
        if found.scrape.offered != self._offered:
            self._offered = found.scrape.offered
        return attrs.evolve(found.scrape, offered=self._offered)

    async def _digested(self, body: Body, needs: Needs, at: int) -> Digest:
        work = asyncio.to_thread(digest, body, needs, self._dialects, self._parser, at, self._settings.max_samples)
        # A thread cannot be stopped: past the deadline it goes on, and nobody else may use the parser.
        self._digesting = asyncio.ensure_future(work)
        self._digesting.add_done_callback(_forget_error)
        return await asyncio.shield(self._digesting)


def _forget_error(work: asyncio.Future[Digest]) -> None:
    if not work.cancelled():
        work.exception()
