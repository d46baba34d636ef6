"""Every answer is held against the OpenAPI document that the API itself gives."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator, FormatChecker

from sre_copilot.api.reference import document

PROBLEM = "application/problem+json"


async def check_contract(response: httpx2.Response) -> None:
    """Fail where an answer is not what the document says. A stream is left alone: it has no end to read to."""
    media = response.headers.get("content-type", "").partition(";")[0]
    method = response.request.method.lower()
    if media == "text/event-stream" or method == "head":
        return
    await response.aread()
    problem = document()["components"]["schemas"]["Problem"]
    operation = _operation(response.request.url.path, method)
    if operation is None:
        # No path, or not this method: the document cannot speak of it, yet the refusal has its form.
        assert response.status_code >= 400 or method == "options"
        if media == PROBLEM:
            assert_fits(problem, response.json())
        return
    said = operation["responses"].get(str(response.status_code))
    assert said is not None, f"{method} {response.request.url}: status {response.status_code} is not in the document"
    assert media in {known.partition(";")[0] for known in said["content"]}, f"{response.request.url}: {media}"
    if media.endswith("json"):
        content = next(iter(said["content"].values()))
        assert_fits(content["schema"], response.json())


def assert_fits(schema: dict[str, Any], value: object) -> None:
    """A value is what a schema of the document says."""
    errors = [
        f"{error.json_path}: {error.message[:300]}" for error in _validator(json.dumps(schema)).iter_errors(value)
    ]
    assert not errors, errors[:5]


def _operation(path: str, method: str) -> dict[str, Any] | None:
    path = path.rstrip("/") or "/"
    for template, methods in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template.replace(".", r"\.")), path):
            found: dict[str, Any] | None = methods.get(method)
            return found
    return None


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())
