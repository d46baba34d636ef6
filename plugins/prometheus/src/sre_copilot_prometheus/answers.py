"""From the body of an answer to values, or to a sentence about what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from sre_copilot_hookspecs import MissingReason
from sre_copilot_prometheus.failures import Blame, QueryFailed

_LONGEST_QUOTE = 300


@attrs.frozen
class Series:
    """One series of an answer."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    """Unix seconds and value, oldest first; values may be infinite or no number."""


@attrs.frozen
class Answer:
    """What a query yields, and what the server warns of."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()


def decoded(content: bytes, place: str) -> Mapping[str, Any]:
    """The document of an answer that reports success.

    :raises QueryFailed: if it is none.
    """
    try:
        found = json.loads(content)
    except ValueError:
        raise QueryFailed(MissingReason.REJECTED, f"{place} answers with something else than JSON.") from None
    if not isinstance(found, dict) or found.get("status") != "success":
        raise QueryFailed(MissingReason.REJECTED, f"{place} answers, but not as Prometheus does.")
    return found


def vector_of(document: Mapping[str, Any], place: str) -> Answer:
    """The answer to an instant query.

    :raises QueryFailed: if it is of another type.
    """
    return _answer_of(document, "vector", place)


def matrix_of(document: Mapping[str, Any], place: str) -> Answer:
    """The answer to a range query.

    :raises QueryFailed: if it is of another type.
    """
    return _answer_of(document, "matrix", place)


def strings_of(document: Mapping[str, Any], place: str) -> frozenset[str]:
    """The answer to a question for names or label values.

    :raises QueryFailed: if it is something else.
    """
    found = document.get("data")
    # An empty list is null for some servers.
    if found is not None and (not isinstance(found, list) or not all(isinstance(each, str) for each in found)):
        raise QueryFailed(MissingReason.REJECTED, f"{place} answers with something else than a list of names.")
    return frozenset(found or ())


def _answer_of(document: Mapping[str, Any], kind: str, place: str) -> Answer:
    data = document.get("data")
    found = data.get("resultType") if isinstance(data, dict) else None
    if found != kind:
        raise QueryFailed(MissingReason.REJECTED, f"{place} answers with a {found} instead of a {kind}.")
    assert isinstance(data, dict)
    try:
        key = "value" if kind == "vector" else "values"
        series = tuple(_series(each, each[key] if kind == "matrix" else [each[key]]) for each in data["result"] or ())
    except (AttributeError, KeyError, TypeError, ValueError):
        raise QueryFailed(MissingReason.REJECTED, f"{place} answers with a malformed {kind}.") from None
    return Answer(series, warnings_of(document))


def _series(item: Mapping[str, Any], points: Sequence[Any]) -> Series:
    labels = {str(label): str(value) for label, value in item["metric"].items()}
    return Series(labels, tuple((float(at), float(value)) for at, value in points))


def warnings_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What the server adds to an answer that it could only give in part."""
    found = document.get("warnings")
    told = tuple(_quoted(str(each)) for each in found) if isinstance(found, list) else ()
    # So a cluster of VictoriaMetrics tells that some of its storage did not answer.
    return (*told, "the answer is partial") if document.get("isPartial") is True else told


def refusal(status: int, content: bytes, place: str) -> QueryFailed:
    """What an answer with an error status means."""
    said = _error_in(content)
    because = f": {said}" if said else ""
    if status in (401, 403):
        sentence = f"{place} refuses our credentials ({status}){because}."
        return QueryFailed(MissingReason.REJECTED, sentence)
    if status in (413, 414, 431) or (status in (400, 422) and _speaks_of_size(said)):
        return QueryFailed(MissingReason.REJECTED, f"{place} finds the query too long{because}.", Blame.SIZE)
    if status == 429:
        return QueryFailed(MissingReason.UNREACHABLE, f"{place} turns us away for asking too often{because}.")
    if status >= 500:
        return QueryFailed(MissingReason.UNREACHABLE, f"{place} fails with {status}{because}.")
    if status in (400, 422):
        return QueryFailed(MissingReason.REJECTED, f"{place} rejects the query{because}.", Blame.QUESTION)
    return QueryFailed(MissingReason.REJECTED, f"{place} answers {status}; is this the URL of a Prometheus?")


def _speaks_of_size(said: str) -> bool:
    plain = said.lower()
    return any(words in plain for words in ("too long", "too large", "max query length", "exceeds the limit"))


def _error_in(content: bytes) -> str:
    try:
        found = json.loads(content)
    except ValueError:
        return ""
    said = found.get("error") or found.get("message") if isinstance(found, dict) else None
    return _quoted(str(said)) if said else ""


def _quoted(text: str) -> str:
    """On one line, and no longer than a person reads."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
