"""The endpoints. Each asks the board or the store, and answers with one document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
import falcon
import msgspec
from falcon.asgi import Request, Response
from whenever import Instant

from sre_copilot.api.board import Board
from sre_copilot.api.documents import ServedClusters, ServedTimeline
from sre_copilot.api.exposition import CONTENT_TYPE, exposition
from sre_copilot.api.gaps import with_gaps
from sre_copilot.api.parameters import cluster_asked, limit_asked, span_asked
from sre_copilot.api.serving import served_cluster, served_gates, served_status
from sre_copilot.explain.status import StatusDocument
from sre_copilot.store import StorageUnavailable, Store

Clock = Callable[[], Instant]


def answer(response: Response, document: attrs.AttrsInstance | dict[str, str]) -> None:
    """Answer with a document as JSON, every field of it written out."""
    if not isinstance(document, dict):
        document = _in_order(document)
    response.content_type = falcon.MEDIA_JSON
    response.data = msgspec.json.encode(document, enc_hook=_spelt)


def _in_order(document: attrs.AttrsInstance) -> dict[str, Any]:
    """The fields as they are declared, what matters first: somebody reads this in a terminal at night."""
    return {field.name: getattr(document, field.name) for field in attrs.fields(type(document))}


def _spelt(value: object) -> str:
    if isinstance(value, Instant):
        return value.format_iso()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


@attrs.frozen
class StatusResource:
    """``/status`` and ``/status/gates``."""

    board: Board
    clock: Clock

    async def on_get(self, request: Request, response: Response) -> None:
        """One cluster, in full."""
        found = await self.board.picked_status(cluster_asked(request))
        answer(response, served_status(found.cluster, found.status, self.clock(), degraded=found.degraded))

    async def on_get_gates(self, request: Request, response: Response) -> None:
        """The gates of one cluster."""
        found = await self.board.picked_status(cluster_asked(request))
        answer(response, served_gates(found.cluster, found.status, self.clock(), degraded=found.degraded))


@attrs.frozen
class TimelineResource:
    """``/status/timeline``."""

    board: Board
    store: Store
    clock: Clock

    async def on_get(self, request: Request, response: Response) -> None:
        """The decisions of a span of time, and the gaps between them."""
        now = self.clock()
        span, limit = span_asked(request, now), limit_asked(request)
        cluster = (await self.board.pick(cluster_asked(request))).value
        if cluster is None:
            raise falcon.HTTPNotFound(title="No history", description="No cluster is watched yet.")
        found = await self.store.timeline(cluster, span.start, span.end, limit)
        rows = tuple(with_gaps(found, span.start, span.end, now))
        answer(response, ServedTimeline(cluster, span.start, span.end, rows, found.next))


@attrs.frozen
class ClustersResource:
    """``/clusters``."""

    board: Board
    clock: Clock

    async def on_get(self, _request: Request, response: Response) -> None:
        """Every watched cluster, in short."""
        watched = await self.board.watched()
        found = await asyncio.gather(*(self.board.status(cluster.name) for cluster in watched.value))
        now = self.clock()
        rows = tuple(
            served_cluster(cluster, status.value, now) for cluster, status in zip(watched.value, found, strict=True)
        )
        degraded = watched.degraded or any(status.degraded for status in found)
        answer(response, ServedClusters(rows, degraded))


@attrs.frozen
class MetricsResource:
    """``/metrics``."""

    board: Board
    store: Store
    clock: Clock

    async def on_get(self, _request: Request, response: Response) -> None:
        """Every watched cluster for Prometheus; without the store what was known, or that nothing is."""
        statuses: dict[str, StatusDocument | None] = {}
        degraded = False
        try:
            watched = await self.board.watched()
            found = await asyncio.gather(*(self.board.status(cluster.name) for cluster in watched.value))
            statuses = {cluster.name: one.value for cluster, one in zip(watched.value, found, strict=True)}
            degraded = watched.degraded or any(one.degraded for one in found)
        except StorageUnavailable:
            degraded = True
        response.content_type = CONTENT_TYPE
        response.text = exposition(statuses, self.clock(), degraded=degraded, connected=self.store.connected)


class HealthResource:
    """``/health``: the process answers. Asks nobody."""

    async def on_get(self, _request: Request, response: Response) -> None:
        """Always the same."""
        answer(response, {"status": "ok"})


@attrs.frozen
class ReadyResource:
    """``/ready``: the store answers."""

    store: Store

    async def on_get(self, _request: Request, response: Response) -> None:
        """Asks the store, for a second at most."""
        if not await self.store.reachable(within=1.0):
            raise falcon.HTTPServiceUnavailable(
                title="Not ready",
                description="The store does not answer; it is looked for in the background.",
            )
        answer(response, {"status": "ready"})
