"""Errors as application/problem+json (RFC 9457): what is wrong, where, and what to do."""

from __future__ import annotations

import logging

import falcon
import msgspec
from falcon.asgi import App, Request, Response

from sre_copilot.store import StorageUnavailable

log = logging.getLogger(__name__)

RETRY_AFTER = 2
"""Seconds; the store is looked for more often than that."""


def speak_of_problems(app: App) -> None:  # type: ignore[type-arg]
    """Let every error of an app be a problem document."""
    app.set_error_serializer(_serialize)
    app.add_error_handler(StorageUnavailable, _store_is_down)
    app.add_error_handler(Exception, _something_broke)


def _serialize(_request: Request, response: Response, error: falcon.HTTPError) -> None:
    response.content_type = "application/problem+json"
    response.data = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": error.title or error.status,
            "status": error.status_code,
            "detail": error.description or _what_is_possible(error),
        }
    )


def _what_is_possible(error: falcon.HTTPError) -> str | None:
    if not isinstance(error, falcon.HTTPMethodNotAllowed):
        return None
    allowed = error.headers.get("Allow", "GET") if isinstance(error.headers, dict) else "GET"
    return f"Here one may use {allowed} only."


async def _store_is_down(
    _request: Request, _response: Response, error: StorageUnavailable, _parameters: object
) -> None:
    raise falcon.HTTPServiceUnavailable(
        title="Nothing is known", description=str(error), retry_after=RETRY_AFTER
    ) from error


async def _something_broke(request: Request, _response: Response, error: Exception, _parameters: object) -> None:
    if isinstance(error, falcon.HTTPError | falcon.HTTPStatus):
        raise error
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    raise falcon.HTTPInternalServerError(title="Something broke", description="The API's log says what.") from error
