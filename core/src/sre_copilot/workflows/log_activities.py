"""What a reading of logs does outside the workflow: read, count, store, and call for an assessment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from temporalio import activity
from whenever import Instant

from sre_copilot.narrative.narrator import Narrator
from sre_copilot.narrative.pattern_set import PatternSet
from sre_copilot.narrative.redaction import Redactor
from sre_copilot.narrative.summary import PatternCount, WindowSummary
from sre_copilot.observe.log_reader import FromSource
from sre_copilot.workflows.episodes import follow
from sre_copilot.workflows.log_messages import Cursor, LogState, ReadLogsOrder, ReadLogsOutcome
from sre_copilot_hookspecs import CopilotError, LogPattern

log = logging.getLogger(__name__)

READING_SHARE = 0.7
"""Share of the time that is kept for the sources; the rest is for the store and the assessment."""


class ReadingLogs(Protocol):
    """What hands out lines."""

    def chunks(
        self,
        cluster: str,
        since: Instant,
        until: Instant,
        *,
        cursors: Mapping[str, str],
        patterns: tuple[LogPattern, ...],
        deadline: float,
    ) -> AsyncIterator[FromSource]:
        """The lines of a span from every source."""


class KeepingLogs(Protocol):
    """What keeps windows. It may be repeated without harm."""

    async def record_logs(self, cluster: str, summary: WindowSummary) -> None:
        """Store a window with its patterns."""


class Alarm(Protocol):
    """Who is told of log patterns that are worth an assessment."""

    async def __call__(self, cluster: str, at: Instant, patterns: Sequence[PatternCount]) -> None:
        """Start an assessment, once for a cluster and an instant."""


class LogActivities:
    """The activity of ``LogWatcherWorkflow``, with what it needs."""

    def __init__(
        self, reader: ReadingLogs, store: KeepingLogs, patterns: Sequence[LogPattern], redactor: Redactor, alarm: Alarm
    ) -> None:
        self._reader = reader
        self._store = store
        self._patterns = PatternSet(patterns)
        self._redactor = redactor
        self._alarm = alarm

    @activity.defn(name="read_logs")
    async def read(self, order: ReadLogsOrder) -> ReadLogsOutcome:
        """Read a window. What could not be stored is read again with the next one."""
        try:
            async with asyncio.timeout(order.deadline):
                summary, cursors = await self._summary(order)
                await self._store.record_logs(order.cluster, summary)
        except TimeoutError:
            return _again(order, f"it took longer than {order.deadline:g} s")
        except CopilotError as refusal:
            return _again(order, str(refusal))
        except Exception as failure:
            log.exception("The log of cluster %s could not be read.", order.cluster)
            return _again(order, repr(failure))
        episodes, begun = follow(order.state.episodes, summary.patterns)
        if begun:
            await self._call(order, begun)
        return ReadLogsOutcome(LogState(order.until, cursors, summary.memory, episodes), stored=True)

    async def _summary(self, order: ReadLogsOrder) -> tuple[WindowSummary, tuple[Cursor, ...]]:
        state = order.state
        narrator = Narrator(self._patterns, state.since, order.until, memory=state.memory, redactor=self._redactor)
        cursors = {cursor.source: cursor.position for cursor in state.cursors}
        async for part in self._reader.chunks(
            order.cluster,
            state.since,
            order.until,
            cursors=dict(cursors),
            patterns=self._patterns.patterns,
            deadline=order.deadline * READING_SHARE,
        ):
            # Counting many lines takes a while, and the loop that reads the signals goes on meanwhile.
            await asyncio.to_thread(narrator.add, part.chunk)
            cursors[part.source] = part.chunk.cursor
        summary = await asyncio.to_thread(narrator.window)
        return summary, tuple(Cursor(source, position) for source, position in cursors.items())

    async def _call(self, order: ReadLogsOrder, begun: Sequence[PatternCount]) -> None:
        try:
            await self._alarm(order.cluster, order.until, begun)
        except Exception as failure:  # noqa: BLE001 - whoever is called decides nothing about the reading
            # The window is stored; the scheduled assessment will see it.
            log.warning("Log patterns of cluster %s start no assessment: %r", order.cluster, failure)


def _again(order: ReadLogsOrder, why: str) -> ReadLogsOutcome:
    log.warning("The log of cluster %s is read again from %s: %s", order.cluster, order.state.since, why)
    return ReadLogsOutcome(order.state, stored=False)
