"""``/openapi.json`` and ``/docs``: the API tells what it is. The page loads nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Any

import msgspec

from sre_copilot.api.desk import Desk
from sre_copilot.api.parameters import Asked
from sre_copilot.api.rendering import Body

STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; }
td { border-top: 1px solid var(--line); }
"""


async def openapi_json(_desk: Desk, _asked: Asked) -> Body:
    """The OpenAPI document."""
    return Body(msgspec.json.encode(document()))


async def docs_page(_desk: Desk, _asked: Asked) -> Body:
    """The page for people."""
    return Body(_page().encode())


async def docs_style(_desk: Desk, _asked: Asked) -> Body:
    """The page's style."""
    return Body(STYLE.encode())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of every route."""
    from sre_copilot.api.catalogue import ROUTES  # which holds these routes too
    from sre_copilot.api.openapi import openapi

    return openapi(ROUTES)


@cache
def _page() -> str:
    return "".join(_lines(document()))


def _lines(known: dict[str, Any]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>The copilot\'s API</title>'
    yield '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs.css"><main>'
    yield f"<h1>{escape(known['info']['title'])}</h1><p>{_words(known['info']['description'])}</p>"
    yield '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>'
    for path, methods in known["paths"].items():
        for method, operation in methods.items():
            yield from _operation(path, method, operation)
    for name, schema in known["components"]["schemas"].items():
        yield f'<h2 id="{name}">{name}</h2><p>{_words(schema["description"])}</p>'
        yield from _table("field", ((key, _type(one), one) for key, one in schema["properties"].items()))
    yield "</main></html>"


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{_words(operation['summary'])}</p>"
    if operation["parameters"]:
        rows = ((one["name"], _type(one["schema"]), one) for one in operation["parameters"])
        yield from _table("parameter", rows)
    answer = operation["responses"].get("200")
    if answer is not None:
        media, content = next(iter(answer["content"].items()))
        yield f"<p>Answers <code>{media}</code>: {_type(content['schema'])}.</p>"


def _table(heading: str, rows: Iterator[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    yield f"<table><tr><th>{heading}<th>type<th>meaning"
    for name, kind, one in rows:
        yield f"<tr><td><code>{escape(name)}</code><td>{kind}<td>{_words(one.get('description', ''))}"
    yield "</table>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return "nothing"
    if "enum" in schema:
        return ", ".join("null" if one is None else f"<code>{escape(one)}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}" if schema.get("items") else "array"
    kinds = schema.get("type", "any")
    named = " or ".join(kinds) if isinstance(kinds, list) else kinds
    return named if "format" not in schema else f"{named} ({schema['format']})"


def _words(text: str) -> str:
    """Escaped text in which backticks make code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
