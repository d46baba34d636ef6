"""The OpenAPI 3.1 document, made from the routes and from the types of their answers."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from sre_copilot import __version__
from sre_copilot.api.manners import LARGEST_BODY
from sre_copilot.api.parameters import Parameter
from sre_copilot.api.problems import PROBLEM_JSON, Problem
from sre_copilot.api.routes import Route
from sre_copilot.api.schemas import Schemas

EVERYWHERE = (400, 401, 413, 429, 500)
"""Problems that any route may have: what is asked makes no sense, no token, too large, too often, a fault of ours."""

ABOUT = (
    "What the copilot decided about Temporal clusters, and why. Every word comes from the store; the API adds how"
    " old it is. Once more than three of a cluster's cycles have passed without an observation its state is"
    " `unknown`, with the last known state beside it. Rows come as flat arrays; where an array is empty, the headers"
    " `Copilot-Observed-At`, `Copilot-Age-Seconds`, `Copilot-Stale` and `Copilot-Degraded` tell how old that is."
    f" A body may have {LARGEST_BODY:,} bytes."
)


def openapi(routes: Iterable[Route]) -> dict[str, Any]:
    """The document."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Temporal SRE Copilot", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas.known,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.says,
        "parameters": [*map(_in_path, route.path_parameters.items()), *map(_in_query, route.parameters)],
        "responses": _responses(route, schemas),
    }
    if route.takes is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas.of(route.takes)}},
        }
    # Nothing at all is one of the ways: on this machine nobody is asked.
    made["security"] = [{}] if route.is_open else [{}, {"bearer": []}, {"basic": []}]
    return made


def operation_id(route: Route) -> str:
    """A name for the route that programs made from the document can use."""
    if route.path == "/":
        return f"{route.method.lower()}_page"
    words = route.path.replace("{", "").replace("}", "").replace(".", "/").strip("/").split("/")
    return "_".join([route.method.lower(), *words])


def _in_path(named: tuple[str, str]) -> dict[str, Any]:
    name, says = named
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": says,
        "schema": {"type": "string", "format": "uuid"},
    }


def _in_query(parameter: Parameter[Any]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.says,
        # A dashboard sends variables that nobody filled in; nothing is as good as leaving it out.
        "schema": {"anyOf": [*parameter.schema.get("anyOf", [dict(parameter.schema)]), {"const": ""}]},
    }


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if route.answers is not None:
        made["200"] = {"description": route.says, "content": _content(route, schemas)}
    problem = {PROBLEM_JSON: {"schema": schemas.of(Problem)}}
    for status in sorted({*EVERYWHERE, *route.problems}):
        made[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return made


def _content(route: Route, schemas: Schemas) -> dict[str, Any]:
    return {media: {"schema": _schema(route, schemas)} for media in (route.media, *route.other_media)}


def _schema(route: Route, schemas: Schemas) -> dict[str, Any]:
    return {"type": "object"} if route.answers is dict else schemas.of(route.answers)
