"""The retriever that searches folders of Markdown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import attrs
from whenever import Instant

from sre_copilot_hookspecs import Cluster, Document, Ingestion, Passage, SyncedDocument
from sre_copilot_runbooks.library import Shelf, Stock, fingerprint, stock
from sre_copilot_runbooks.search_index import Found, SearchIndex

LOOK_AGAIN = 2.0
"""Seconds for which files are taken to be unchanged: somebody who edits a guide does not search every moment."""


@attrs.frozen
class _Built:
    """An index and what it was built from."""

    index: SearchIndex
    stock: Stock
    fingerprint: tuple[tuple[str, int, int], ...]
    at: Instant


class RunbookRetriever:
    """Finds passages; builds its index when it is first asked, and again when files have changed."""

    key = "runbooks"

    def __init__(self, shelves: Sequence[Shelf], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is read yet.

        :param clock: seconds that only grow.
        """
        self._shelves = tuple(shelves)
        self._clock = clock
        self._built: _Built | None = None
        self._looked = -LOOK_AGAIN
        self._building = threading.Lock()

    async def search(self, query: str, *, limit: int, cluster: Cluster | None = None) -> Sequence[Passage]:  # noqa: ARG002
        """The passages that fit best, best first. Guides are the same for all clusters."""
        return [_passage(found) for found in self._current().index.search(query, limit)]

    async def documents(self) -> Sequence[Document]:
        """Every file that can be read."""
        return self._current().stock.documents

    async def document(self, source: str) -> str | None:
        """The text of a file that is searched, and of no other file."""
        return next((each.text for each in self._current().stock.documents if each.source == source), None)

    async def sync(self, documents: Sequence[Document]) -> Sequence[SyncedDocument]:  # noqa: ARG002
        """Every file that is searched, and what could not be read. Nothing is copied: they are read where they are."""
        contents = self._current().stock
        read = (SyncedDocument(document.source) for document in contents.documents)
        return [*read, *(SyncedDocument("", why) for why in contents.problems)]

    async def start_ingestion(self) -> Ingestion:
        """Build the index anew, which is done when this returns."""
        with self._building:
            self._built = None
        return self._ingestion(self._current())

    async def ingestions(self, *, limit: int) -> Sequence[Ingestion]:
        """The index there is."""
        return [self._ingestion(self._current())][:limit]

    @staticmethod
    def _ingestion(built: _Built) -> Ingestion:
        counts = (("files", len(built.stock.documents)), ("passages", len(built.stock.passages)))
        return Ingestion("memory", "COMPLETE", built.at, counts, built.stock.problems)

    def _current(self) -> _Built:
        # Searches come from several threads; one of them builds.
        with self._building:
            if self._built is not None and self._clock() - self._looked < LOOK_AGAIN:
                return self._built
            now = fingerprint(self._shelves)
            if self._built is None or self._built.fingerprint != now:
                found = stock(self._shelves)
                self._built = _Built(SearchIndex(found.passages), found, now, Instant.now())
            self._looked = self._clock()
            return self._built


def _passage(found: Found) -> Passage:
    section = found.passage.section
    return Passage(found.passage.source, section.heading, section.text, found.score, section.anchor)
