"""``/events``: what changes, as it changes, for the page that is left open on a wall."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import attrs
import falcon
from falcon.asgi import SSEvent

from sre_copilot.api.board import Standing
from sre_copilot.api.desk import Desk
from sre_copilot.api.freshness import freshness
from sre_copilot.api.parameters import CLUSTER, Asked
from sre_copilot.api.rendering import encoded
from sre_copilot.api.serving import served_event
from sre_copilot.store import StorageUnavailable

LOOK_EVERY = 0.5
"""Seconds. All streams share what the board remembers, so more of them ask the store no more often."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows that the stream lives; proxies end silent ones after a minute."""
RETRY = 2000
"""Milliseconds after which a browser comes back when the stream broke."""


@attrs.frozen
class _Told:
    """What a client was told last about a cluster."""

    state: str
    decision: str | None
    stale: bool
    trouble: str | None


async def events(desk: Desk, asked: Asked) -> AsyncIterator[SSEvent]:
    """The stream of one client.

    An event ``state`` says that a state changed, ``decision`` that something else is new. Both hold a
    :class:`~sre_copilot.api.documents.ServedEvent`. The first events say how things stand.
    """
    if desk.streams >= desk.most_streams:
        raise falcon.HTTPServiceUnavailable(
            title="Too many followers",
            description=f"{desk.most_streams} clients follow events already; ask /status instead.",
            retry_after=30,
        )
    # An unknown cluster is refused here, while the answer can still be a problem.
    if asked[CLUSTER] is not None:
        await desk.board.pick(asked[CLUSTER])
    return _stream(desk, asked[CLUSTER])


async def _stream(desk: Desk, cluster: str | None) -> AsyncIterator[SSEvent]:
    desk.streams += 1
    told: dict[str, _Told] = {}
    spoke = monotonic()
    try:
        yield SSEvent(retry=RETRY, comment="sre-copilot")
        while not desk.closing:
            for event in await _news(desk, cluster, told):
                yield event
                spoke = monotonic()
            if monotonic() - spoke >= HEARTBEAT:
                yield SSEvent(comment="still here")
                spoke = monotonic()
            await asyncio.sleep(LOOK_EVERY)
    finally:
        desk.streams -= 1


async def _news(desk: Desk, cluster: str | None, told: dict[str, _Told]) -> list[SSEvent]:
    try:
        standings = (await desk.board.standings()).value if cluster is None else (await desk.board.standing(cluster),)
    except (StorageUnavailable, falcon.HTTPError):
        return []
    return [event for standing in standings if (event := _event(desk, standing, told)) is not None]


def _event(desk: Desk, standing: Standing, told: dict[str, _Told]) -> SSEvent | None:
    name, now = standing.name, desk.clock()
    assert name is not None
    fresh = freshness(standing.status, now)
    decision = None if standing.status is None else standing.status.id
    current = _Told(fresh.health_state, decision, fresh.stale, standing.trouble)
    before = told.get(name)
    if before == current:
        return None
    told[name] = current
    changed = before is not None and before.state != current.state
    document = served_event(standing, now, before.state if before is not None else None)
    return SSEvent(data=encoded(document), event="state" if changed else "decision", event_id=decision)
