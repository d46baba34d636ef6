"""A route as Falcon serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from falcon.asgi import Request, Response, SSEvent

from sre_copilot.api.bodies import body_as
from sre_copilot.api.desk import Desk
from sre_copilot.api.parameters import Asked
from sre_copilot.api.rendering import Body
from sre_copilot.api.routes import EVENT_STREAM, Route


class Endpoint:
    """Understands what is asked, lets the route answer, and sends it."""

    def __init__(self, route: Route, desk: Desk) -> None:
        self._route = route
        self._desk = desk
        self._defaults = {parameter: parameter.default for parameter in route.parameters}
        # Falcon asks a resource for on_get, on_post and so on, and refuses every other method itself.
        setattr(self, f"on_{route.method.lower()}", self._answer)

    async def _answer(self, request: Request, response: Response, **path: str) -> None:
        route = self._route
        found = await route.answer(self._desk, await self._asked(request, path))
        response.content_type = route.media
        if route.media == EVENT_STREAM:
            response.sse = cast("AsyncIterator[SSEvent]", found)
            return
        assert isinstance(found, Body)
        if found.media is not None:
            response.content_type = found.media
        if found.headers:
            response.set_headers(found.headers)
        response.data = found.data

    async def _asked(self, request: Request, path: Mapping[str, str]) -> Asked:
        values: Mapping[Any, Any] = self._defaults
        if request.query_string:
            values = {parameter: parameter.read(request) for parameter in self._route.parameters}
        takes = self._route.takes
        body = None if takes is None else await body_as(request, takes)
        return Asked(values, path, accept=request.accept, body=body)
