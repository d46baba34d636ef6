"""The form of a route: one declaration from which the app, the OpenAPI document and the reference are made."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import falcon

from sre_copilot.api.desk import Desk
from sre_copilot.api.parameters import CLUSTER, Asked, Parameter
from sre_copilot.api.rendering import Body, Sheet, View, encoded

Answerer = Callable[[Desk, Asked], Awaitable[object]]

JSON = falcon.MEDIA_JSON
EVENT_STREAM = "text/event-stream"


@attrs.frozen
class Route:
    """One path and method."""

    path: str
    says: str
    """What it answers, as one sentence."""
    answer: Answerer
    """Makes the document, or a :class:`~sre_copilot.api.rendering.Body`, or an async generator of events."""
    answers: Any
    """The type of the answer; its JSON Schema is what the OpenAPI document has."""
    parameters: tuple[Parameter[Any], ...] = ()
    path_parameters: Mapping[str, str] = attrs.field(factory=dict)
    """Their meaning, by name."""
    problems: tuple[int, ...] = ()
    """Statuses of the problems that are its own; some hold for every route."""
    method: str = "GET"
    media: str = JSON
    other_media: tuple[str, ...] = ()
    """Content types it answers with to those who ask for them."""
    takes: Any = None
    """The type of the body it takes."""
    is_open: bool = False
    """Answers without a token: it tells nothing about clusters."""

    @property
    def is_rows(self) -> bool:
        """Whether it answers with a flat array."""
        return typing.get_origin(self.answers) is tuple


def asked_route(path: str, answer: Answerer, says: str, **options: Any) -> Route:
    """A route whose answer is a document of the type that ``answer`` returns."""
    return Route(path, says, _as_body(answer), _returned(answer), **options)


def view_route(path: str, view: View, says: str) -> Route:
    """A route about the newest status of one cluster, rendered once for every decision."""
    answers = _returned(view)
    rows = typing.get_origin(answers) is tuple

    async def answer(desk: Desk, asked: Asked) -> Body:
        standing = await desk.board.standing(asked[CLUSTER])
        return desk.renderings.body(view, standing, desk.clock(), rows=rows)

    return Route(path, says, answer, answers, (CLUSTER,), problems=(404, 503))


def _as_body(answer: Answerer) -> Answerer:
    async def answered(desk: Desk, asked: Asked) -> Body:
        found = await answer(desk, asked)
        return Body(encoded(found.rows), found.headers) if isinstance(found, Sheet) else Body(encoded(found))

    return answered


def _returned(function: Callable[..., Any]) -> Any:
    kind = typing.get_type_hints(function)["return"]
    if typing.get_origin(kind) is Sheet:
        return tuple.__class_getitem__((*typing.get_args(kind), Ellipsis))
    return kind
