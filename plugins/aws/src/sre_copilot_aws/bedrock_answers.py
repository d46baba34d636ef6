"""What Amazon Bedrock answers, as the copilot speaks of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from whenever import Instant

from sre_copilot_hookspecs import Ingestion, Passage

_COUNTS = (
    ("numberOfDocumentsScanned", "documents"),
    ("numberOfNewDocumentsIndexed", "new"),
    ("numberOfModifiedDocumentsIndexed", "changed"),
    ("numberOfDocumentsDeleted", "deleted"),
    ("numberOfDocumentsFailed", "failed"),
)


def passage(result: Mapping[str, Any], *, folder: str) -> Passage:
    """One result of a search.

    :param folder: what the addresses of our own guides begin with. They are cited by the names they were handed
        over with, everything else by its address.
    """
    text = str(result["content"]["text"])
    source = _uri(result.get("location", {})).removeprefix(folder)
    return Passage(source, _heading(text) or PurePosixPath(source).stem, text, _share(result.get("score")))


def ingestion(job: Mapping[str, Any]) -> Ingestion:
    """One run of Amazon Bedrock's."""
    statistics = job.get("statistics", {})
    counts = tuple((name, int(statistics[key])) for key, name in _COUNTS if key in statistics)
    started = job.get("startedAt")
    return Ingestion(
        str(job["ingestionJobId"]),
        str(job["status"]),
        Instant(started) if started is not None else None,
        counts,
        tuple(str(reason) for reason in job.get("failureReasons", ())),
    )


def _uri(location: Mapping[str, Any]) -> str:
    """Where a passage is from; every kind of data source has an address or an id of its own."""
    places = (place for kind, place in location.items() if kind != "type" and isinstance(place, Mapping))
    return next((str(value) for place in places for value in place.values()), "bedrock")


def _heading(text: str) -> str:
    lines = (line for line in text.splitlines() if line.startswith("#"))
    return next((line.lstrip("#").strip() for line in lines), "")


def _share(score: object) -> float:
    """Scores are similarities from 0 to 1; a reranker's may go beyond."""
    return min(1.0, max(0.0, float(score))) if isinstance(score, float | int) else 0.0
