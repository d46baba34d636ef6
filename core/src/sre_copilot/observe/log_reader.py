"""Reads the log of one cluster from every source that knows it, in time, whatever a source does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
from whenever import Instant

from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot_hookspecs import LogLines, LogPattern, LogRequest

if TYPE_CHECKING:
    from sre_copilot.health.declarations import Declared
    from sre_copilot_hookspecs import NarrativeParser, NarrativeSource, Silence

OPENING = 5.0
"""Seconds that a source gets to get ready for a cluster."""

GRACE = 0.05
"""Share of its time that a source is told less of, so that what it has by then still arrives."""

CLOSING = 2.0
"""Seconds that sources get to close."""


@attrs.frozen
class FromSource:
    """A chunk and who gave it."""

    source: str
    chunk: LogLines


class LogReader:
    """The narrative sources of all plugins. Each is opened once for each cluster that it is configured for."""

    def __init__(self, manager: Manager, settings: Settings) -> None:
        """Nothing is opened yet."""
        self._manager = manager
        self._settings = settings
        self._sources: Sequence[Declared[NarrativeSource]] | None = None
        self._opened: dict[tuple[str, str], bool] = {}

    def patterns(self) -> tuple[LogPattern, ...]:
        """Every kind of line that a parser knows."""
        return tuple(pattern for parser in self._parsers() for pattern in parser.patterns)

    def silences(self) -> tuple[Silence, ...]:
        """Every cause of which parsers say that the logs never name it."""
        return tuple(silence for parser in self._parsers() for silence in getattr(parser, "silences", ()))

    async def chunks(
        self,
        cluster: str,
        since: Instant,
        until: Instant,
        *,
        cursors: Mapping[str, str],
        patterns: tuple[LogPattern, ...],
        deadline: float,
    ) -> AsyncIterator[FromSource]:
        """The lines of a span from every source, one source after the other.

        A source that raises or hangs gives one chunk that says so, with the cursor it had, so that the next
        reading begins where this one did.

        :param cursors: by the key of the source.
        :param deadline: seconds for all sources together.
        """
        ends = asyncio.get_running_loop().time() + deadline
        for declared in self._offered():
            source = declared.value
            cursor = cursors.get(source.key, "")
            left = ends - asyncio.get_running_loop().time()
            request = LogRequest(cluster, since, until, cursor, patterns, max(0.0, left) * (1 - GRACE))
            try:
                async with asyncio.timeout(left):
                    if not await self._open(source, cluster):
                        continue
                    async for chunk in source.read(request):
                        yield FromSource(source.key, chunk)
            except TimeoutError:
                yield _trouble(request, declared, f"did not answer within {deadline:g} s")
            except Exception as error:  # noqa: BLE001 - whatever a plugin does, the others are heard
                says = " ".join(str(error).split()) or type(error).__name__
                yield _trouble(request, declared, f"failed: {says}")

    async def configured(self, cluster: str) -> bool:
        """Whether any source is configured for a cluster, or says why it cannot be."""
        for declared in self._offered():
            try:
                async with asyncio.timeout(OPENING):
                    if await self._open(declared.value, cluster):
                        return True
            except Exception:  # noqa: BLE001 - its reading will say what is wrong
                return True
        return False

    async def close(self) -> None:
        """Close every source. Harmless when called twice."""
        offered, self._sources = self._sources or (), None
        self._opened.clear()
        closing = [asyncio.ensure_future(declared.value.close()) for declared in offered]
        if closing:
            await asyncio.wait(closing, timeout=CLOSING)

    async def _open(self, source: NarrativeSource, cluster: str) -> bool:
        key = (source.key, cluster)
        if key not in self._opened:
            self._opened[key] = await source.open(self._settings.cluster(cluster))
        return self._opened[key]

    def _offered(self) -> Sequence[Declared[NarrativeSource]]:
        if self._sources is None:
            self._sources = self._manager.collect("copilot_narrative_sources", settings=self._settings)
        return self._sources

    def _parsers(self) -> list[NarrativeParser]:
        return [declared.value for declared in self._manager.collect("copilot_narrative_parsers")]


def _trouble(request: LogRequest, declared: Declared[NarrativeSource], says: str) -> FromSource:
    sentence = f"Log source {declared.value.key} of plugin {declared.plugin} {says.rstrip('.')}."
    chunk = LogLines(request.since, request.until, (), problem=sentence, cursor=request.cursor)
    return FromSource(declared.value.key, chunk)
