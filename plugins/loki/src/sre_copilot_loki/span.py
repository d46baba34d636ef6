"""Reading one span of time: all lines where they are few, a sample with exact counts where they are many."""

from __future__ import annotations

from collections.abc import AsyncIterator

import attrs
from whenever import Instant

from sre_copilot_hookspecs import LineCount, LogLines, LogPattern
from sre_copilot_loki.answers import Entry
from sre_copilot_loki.client import LokiClient
from sre_copilot_loki.logql import ALL_LINES, count_queries, lines_query, sample_query

_MILLISECOND = 1_000_000


@attrs.frozen
class Span:
    """From ``start`` up to but not including ``end``, in nanoseconds since the epoch, at whole milliseconds."""

    start: int
    end: int

    @property
    def milliseconds(self) -> int:
        """Its length."""
        return (self.end - self.start) // _MILLISECOND


def span_between(since: Instant, until: Instant) -> Span:
    """The span between two instants. Equal instants give equal bounds, so spans that touch share nothing."""
    return Span(*(at.timestamp(unit="nanosecond") // _MILLISECOND * _MILLISECOND for at in (since, until)))


@attrs.frozen
class SpanReader:
    """Reads spans for one cluster."""

    client: LokiClient
    patterns: tuple[LogPattern, ...]

    async def chunks(self, span: Span) -> AsyncIterator[LogLines]:
        """The lines page by page.

        :raises LokiProblem: if a question is not answered; the whole span is to be read again then.
        """
        settings = self.client.settings
        pages: list[tuple[Entry, ...]] = []
        start = span.start
        for _ in range(settings.pages):
            page, start = await self._page(span, start)
            pages.append(page)
            if start == span.end:
                break
        if start < span.end:
            yield await self._sampled(span)
            return
        for page in pages:
            yield self._chunk(span, page)

    async def _page(self, span: Span, start: int) -> tuple[tuple[Entry, ...], int]:
        """The next lines, and where those behind them begin; the span's end when there are none."""
        limit = self.client.settings.limit
        page = await self.client.lines(lines_query(self.client.settings.selector), start, span.end)
        if len(page) < limit:
            return page, span.end
        last = page[-1].nanoseconds
        # The page may end in the middle of lines of one nanosecond: these are left to the next page, all of them.
        whole = tuple(entry for entry in page if entry.nanoseconds < last)
        # A page of nothing else cannot be told from a longer one; it is taken as it is.
        return (whole, last) if whole else (page, last + 1)

    async def _sampled(self, span: Span) -> LogLines:
        settings = self.client.settings
        sample = await self.client.lines(sample_query(settings.selector, self.patterns), span.start, span.end)
        counts: list[LineCount] = []
        for query in count_queries(settings.selector, settings.service_label, self.patterns, span.milliseconds):
            # A range includes its end and leaves out its start; the last nanosecond turns that around.
            counts += await self.client.counts(query, span.end - 1)
        total = sum(count.count for count in counts if count.pattern == ALL_LINES)
        known = tuple(count for count in counts if count.pattern != ALL_LINES)
        chunk = self._chunk(span, sample)
        return attrs.evolve(chunk, counts=known, left_out=max(0, total - len(sample)))

    def _chunk(self, span: Span, entries: tuple[Entry, ...]) -> LogLines:
        label = self.client.settings.service_label
        return LogLines(
            Instant.from_timestamp(span.start, unit="nanosecond"),
            Instant.from_timestamp(span.end, unit="nanosecond"),
            tuple(entry.line(label) for entry in entries),
        )
