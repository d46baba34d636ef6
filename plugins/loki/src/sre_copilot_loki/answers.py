"""From the body of Loki's answer to lines and counts, or to a sentence about what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from whenever import Instant

from sre_copilot_hookspecs import LineCount, LogLine, log_line
from sre_copilot_loki.logql import PATTERN_LABEL
from sre_copilot_loki.problems import LokiProblem

LEVEL_LABELS = ("level", "detected_level", "severity")
"""Labels that hold a line's level: the shipper's, Loki's own detection since version 3, OpenTelemetry's."""


@attrs.frozen
class Entry:
    """One line as Loki hands it out."""

    nanoseconds: int
    """Since the epoch, by the clock of who shipped it."""
    text: str
    labels: tuple[tuple[str, str], ...]
    """Those of its stream and its structured metadata, sorted."""

    def line(self, service_label: str) -> LogLine:
        """What it says."""
        labels = dict(self.labels)
        level = next((labels[name] for name in LEVEL_LABELS if labels.get(name)), "")
        at = Instant.from_timestamp(self.nanoseconds, unit="nanosecond")
        read = log_line(self.text, at=at, service=labels.get(service_label, ""), level=level)
        # Windows are cut by Loki's time; a time in the text may lie in another one.
        return attrs.evolve(read, at=at)


def entries_of(content: bytes, place: str) -> tuple[Entry, ...]:
    """The answer to a question for lines, oldest first.

    :raises LokiProblem: if it is something else.
    """
    result = _result(content, "streams", place)
    try:
        found = [entry for stream in result for entry in _entries(stream)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise LokiProblem(f"{place} answers with malformed streams.") from None
    return tuple(sorted(found, key=lambda entry: (entry.nanoseconds, entry.labels, entry.text)))


def counts_of(content: bytes, service_label: str, place: str) -> tuple[LineCount, ...]:
    """The answer to a question for counts.

    :raises LokiProblem: if it is something else.
    """
    result = _result(content, "vector", place)
    try:
        return tuple(_count(item["metric"], item["value"][1], service_label) for item in result)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError):
        raise LokiProblem(f"{place} answers with malformed counts.") from None


def _result(content: bytes, kind: str, place: str) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise LokiProblem(f"{place} answers with something else than JSON.") from None
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or document.get("status") != "success":
        raise LokiProblem(f"{place} answers, but not as Loki does.")
    if data.get("resultType") != kind:
        raise LokiProblem(f"{place} answers with a {data.get('resultType')} instead of {kind}.")
    found = data.get("result")
    if found is not None and not isinstance(found, list):
        raise LokiProblem(f"{place} answers with malformed {kind}.")
    return found or []


def _entries(stream: Mapping[str, Any]) -> Iterator[Entry]:
    labels = {str(name): str(value) for name, value in stream["stream"].items()}
    for value in stream["values"]:
        own = _metadata(value[2]) if len(value) > 2 else {}
        text = value[1]
        if not isinstance(text, str):
            raise TypeError
        yield Entry(int(value[0]), text, tuple(sorted({**labels, **own}.items())))


def _metadata(found: Mapping[str, Any]) -> dict[str, str]:
    # Plain, or told apart from parsed labels where the answer is encoded so.
    nested = found.get("structuredMetadata")
    own = nested if isinstance(nested, dict) else found
    return {str(name): str(value) for name, value in own.items() if isinstance(value, str)}


def _count(labels: Mapping[str, str], value: str, service_label: str) -> LineCount:
    return LineCount(labels.get(PATTERN_LABEL, ""), str(labels.get(service_label, "")).lower(), int(float(value)))
