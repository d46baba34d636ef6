"""Errors as application/problem+json (RFC 9457): what is wrong, where, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import attrs
import falcon
import msgspec
from falcon.asgi import App, Request, Response

from sre_copilot.store import StorageUnavailable

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

RETRY_AFTER = 2
"""Seconds; the store is looked for more often than that."""


@attrs.frozen
class Problem:
    """Why there is no answer."""

    type: str
    "Always `about:blank`: the status says what kind of problem it is."
    title: str
    "The problem in short."
    status: int
    "The HTTP status."
    detail: str | None = None
    "What is wrong and what to do, in one or two sentences."
    parameter: str | None = None
    "The parameter, header or field that is wrong."
    accepted: str | None = None
    "What would be right in its place."
    schema: Mapping[str, Any] | None = None
    "The JSON Schema of what would be understood, where something was sent."


class BadParameter(falcon.HTTPBadRequest):
    """A parameter that makes no sense, by name, with what would."""

    def __init__(self, name: str, wrong: str, accepted: str) -> None:
        super().__init__(title="Bad parameter", description=f"{name}: {wrong} {accepted}")
        self.parameter = name
        self.accepted = accepted


def speak_of_problems(app: App) -> None:  # type: ignore[type-arg]
    """Let every error of an app be a problem document."""
    app.set_error_serializer(_serialize)
    app.add_error_handler(StorageUnavailable, _store_is_down)
    app.add_error_handler(Exception, _something_broke)


def problem_json(status: int, title: str, detail: str | None, **members: object) -> bytes:
    """A problem document; members that are ``None`` are left out."""
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return msgspec.json.encode({name: value for name, value in document.items() if value is not None})


def _serialize(_request: Request, response: Response, error: falcon.HTTPError) -> None:
    members = {name: getattr(error, name, None) for name in ("parameter", "accepted")}
    # More members, such as the form that an action has, where a problem can say more.
    members |= getattr(error, "members", {})
    detail = error.description or _what_is_possible(error)
    response.content_type = PROBLEM_JSON
    response.data = problem_json(error.status_code, error.title or str(error.status), detail, **members)


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
