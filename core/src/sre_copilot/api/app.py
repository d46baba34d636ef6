"""The app: every route of the catalogue, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import falcon
from falcon.asgi import App, Request, Response
from whenever import Instant

from sre_copilot.api.access import Access, access_of
from sre_copilot.api.board import Board
from sre_copilot.api.catalogue import ROUTES
from sre_copilot.api.desk import MOST_STREAMS, Clock, Desk
from sre_copilot.api.endpoint import Endpoint
from sre_copilot.api.instruments import Instruments
from sre_copilot.api.manners import Manners
from sre_copilot.api.packing import Packing
from sre_copilot.api.problems import speak_of_problems
from sre_copilot.api.rates import Rates
from sre_copilot.settings.core import ApiSettings
from sre_copilot.store import Store


class CopilotApp(App[Any, Any]):
    """The API on a store."""

    desk: Desk

    def close(self) -> None:
        """Let those go who follow events: the server is about to stop."""
        self.desk.closing = True


def make_app(
    store: Store,
    *,
    clock: Clock = Instant.now,
    access: Access | None = None,
    rates: Rates | None = None,
    cors_origins: Sequence[str] = (),
    most_streams: int = MOST_STREAMS,
) -> CopilotApp:
    """The API on an open store, which stays its owner's to close.

    :param clock: says what is now, so that a status can get old in a test.
    :param access: who may ask; everyone, where it is left out.
    :param rates: how often one address may ask; as often as it likes, where it is left out.
    :param cors_origins: web pages that may read the API from a browser; none by default.
    :param most_streams: clients that may follow events at once.
    """
    instruments = Instruments()
    open_paths = frozenset(route.path for route in ROUTES if route.is_open)
    middleware: list[Any] = [Manners(access or Access(), rates or Rates(0), instruments, open_paths), Packing()]
    if cors_origins:
        middleware.insert(0, falcon.CORSMiddleware(allow_origins=list(cors_origins)))
    app = CopilotApp(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    speak_of_problems(app)
    app.desk = Desk(store, Board(store, instruments), clock, instruments, most_streams=most_streams)
    for route in ROUTES:
        app.add_route(route.path, Endpoint(route, app.desk))
    app.add_sink(_nothing_here)
    return app


def app_for(settings: ApiSettings, store: Store) -> CopilotApp:
    """The API as the settings want it.

    :raises SettingsError: if it would be open to other machines without anyone having said so.
    """
    return make_app(
        store,
        access=access_of(settings),
        rates=Rates(settings.rate_limit),
        cors_origins=settings.cors_origins,
    )


async def _nothing_here(req: Request, resp: Response | None, **_parameters: str | None) -> None:  # noqa: ARG001
    there_are = ", ".join(route.path for route in ROUTES)
    raise falcon.HTTPNotFound(
        title="Nothing here", description=f"There is nothing at {req.path[:100]!r}; there are {there_are}."
    )
