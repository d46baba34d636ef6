"""The reference of the API, from the declarations of its routes."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sre_copilot.api.catalogue import ROUTES
from sre_copilot.api.cluster_metrics import CLUSTER_METRICS
from sre_copilot.api.openapi import ABOUT
from sre_copilot.api.reference import document
from sre_copilot.api.routes import Route

Table = Callable[[Iterable[str], Iterable[Iterable[str]]], str]

ACCESS = """
By default it listens on `127.0.0.1:8080` and asks nobody who they are. Where `api.host` is reached from other
machines it needs `api.token` (the environment's `SRE_COPILOT_API_TOKEN`): send it as `Authorization: Bearer TOKEN`, or
as the password when a browser asks. With `api.read_access = "public"` everybody may read; nobody may write without the
token. Routes marked *open* need none. `api.cors_origins` names web pages elsewhere that may read; `api.rate_limit` is
how many requests a second one address may make, this machine's own excepted.
"""

STREAM = """
`/events` begins with one `decision` event for each cluster and goes on with one whenever something is new. `state`
takes its place where the state changed. A comment shows every 15 seconds of silence that the stream lives; at most 100
clients follow at once.
"""

PROBLEMS = """
What cannot be answered is `application/problem+json` (RFC 9457) with a sentence in `detail`; `parameter` names what is
wrong and `accepted` what would be right. Any route may answer 400, 401 without the token, 413 for a body over 64 KiB,
429 to an address that asks too often; a request line with headers over 32 KiB is 431. While the store is down, what is
known is answered with `degraded` and `degraded_reason`; timelines, trends, logs and decisions are not kept in memory
and are 503, with `Retry-After`, as is everything before anything is known.
"""

METRICS = """
`/metrics` speaks Prometheus' text format and OpenMetrics, in which `sre_copilot_health_state` is a StateSet: one series
for each state, 1 for the one that holds, `unknown` included. Values of a stale observation are left out; a flat line
would look like calm. Beside the gauges below there are `sre_copilot_store_connected`, `sre_copilot_degraded`,
`sre_copilot_api_event_streams`, and the histograms `sre_copilot_api_request_seconds` (`route`, `status`) and
`sre_copilot_store_request_seconds`. Alert rules for them are in `grafana/alerts/`.
"""


def api_page(table: Table) -> Iterator[str]:
    """The parts of the page."""
    yield "# The JSON API\n\n`sre-copilot up` serves it beside the worker, `sre-copilot api` by itself from the"
    yield " workers' database. `/docs` is this page and `/openapi.json` the same for programs.\n\n"
    yield f"{ABOUT}\n\n"
    yield table(["Route", "Parameters", "Answer"], map(_route, ROUTES))
    yield "\nOther parameters are ignored.\n\n"
    yield table(["Parameter", "Meaning", "Form"], _parameters())
    for heading, text in (("Access", ACCESS), ("Events", STREAM), ("Problems", PROBLEMS), ("Metrics", METRICS)):
        yield f"\n## {heading}\n{text}"
    yield "\n" + table(
        ["Metric", "Labels", "Meaning"], ([f"`{m.name}`", _labels(m.labels), m.says] for m in CLUSTER_METRICS)
    )
    for name, schema in document()["components"]["schemas"].items():
        yield f"\n## `{name}`\n\n{schema['description']}\n\n"
        yield table(["Field", "Type", "Meaning"], _fields(schema))


def _route(route: Route) -> list[str]:
    parameters = ", ".join(f"`{parameter.name}`" for parameter in route.parameters)
    answer = f"{route.says} {_answers(route)}{' Open.' if route.is_open else ''}"
    return [f"`{route.method} {route.path}`", parameters, answer]


def _answers(route: Route) -> str:
    if route.answers in (None, str, dict):
        return ""
    if route.is_rows:
        return f"Rows of [`{(name := typing.get_args(route.answers)[0].__name__)}`](#{name.lower()})."
    return f"[`{route.answers.__name__}`](#{route.answers.__name__.lower()})."


def _parameters() -> list[list[str]]:
    known = {parameter.name: parameter for route in ROUTES for parameter in route.parameters}
    limits = ", ".join(
        f"{p.schema['default']} to {p.schema['maximum']} at `{route.path}`"
        for route in ROUTES
        for p in route.parameters
        if p.name == "limit"
    )
    return [
        [f"`{name}`", one.says, one.form if name != "limit" else f"a whole number; the default and the most: {limits}"]
        for name, one in known.items()
    ]


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in ("cluster", *labels))


def _fields(schema: dict[str, Any]) -> list[list[str]]:
    return [[f"`{name}`", _type(one), one.get("description", "")] for name, one in schema["properties"].items()]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join("null" if one is None else f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}" if schema.get("items") else "array"
    kinds = schema.get("type", "any")
    named = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return named if "format" not in schema else f"{named}, {schema['format']}"
