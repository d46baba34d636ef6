"""The app: which path leads where, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import falcon
from falcon.asgi import App, Request, Response
from whenever import Instant

from sre_copilot.api.board import Board
from sre_copilot.api.problems import speak_of_problems
from sre_copilot.api.resources import (
    Clock,
    ClustersResource,
    HealthResource,
    MetricsResource,
    ReadyResource,
    StatusResource,
    TimelineResource,
)
from sre_copilot.store import Store

LARGEST_BODY = 64 * 1024
"""Bytes. Whoever announces more is turned away before it arrives."""


def make_app(store: Store, *, clock: Clock = Instant.now, cors_origins: Sequence[str] = ()) -> App[Any, Any]:
    """The API on an open store, which stays its owner's to close.

    :param clock: says what is now, so that a status can get old in a test.
    :param cors_origins: web pages that may read the API from a browser; none by default.
    """
    middleware: list[Any] = [_Manners()]
    if cors_origins:
        middleware.append(falcon.CORSMiddleware(allow_origins=list(cors_origins)))
    app: App[Any, Any] = App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    speak_of_problems(app)
    board = Board(store)
    status = StatusResource(board, clock)
    app.add_route("/status", status)
    app.add_route("/status/gates", status, suffix="gates")
    app.add_route("/status/timeline", TimelineResource(board, store, clock))
    app.add_route("/clusters", ClustersResource(board, clock))
    app.add_route("/metrics", MetricsResource(board, store, clock))
    app.add_route("/health", HealthResource())
    app.add_route("/ready", ReadyResource(store))
    app.add_sink(_nothing_here)
    return app


class _Manners:
    """Turns large bodies away, and keeps answers out of caches: each is about now."""

    async def process_request(self, request: Request, _response: Response) -> None:
        if (request.content_length or 0) > LARGEST_BODY:
            raise falcon.HTTPContentTooLarge(description=f"A body may have {LARGEST_BODY:,} bytes.")

    async def process_response(
        self, _request: Request, response: Response, _resource: object, _succeeded: bool
    ) -> None:
        response.set_header("Cache-Control", "no-store")
        response.set_header("X-Content-Type-Options", "nosniff")


async def _nothing_here(req: Request, resp: Response | None, **_parameters: str | None) -> None:  # noqa: ARG001
    raise falcon.HTTPNotFound(
        title="Nothing here",
        description=f"There is nothing at {req.path[:100]}; try /status, /status/gates,"
        " /status/timeline, /clusters, /metrics, /health or /ready.",
    )
