"""A ruleset as JSON, and what is different between two, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sre_copilot.health.differences import RuleChange
from sre_copilot.health.encoding import digest, to_json
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Band


def document_of(ruleset: Ruleset, band: Band | None) -> dict[str, Any]:
    """The whole ruleset with its digest; of one band, gates have their number beside them."""
    document: dict[str, Any] = {"digest": digest(ruleset), **json.loads(to_json(ruleset))}
    if band is None:
        return document
    thresholds = {threshold.key: threshold for threshold in ruleset.thresholds}
    document["band"] = band.value
    for gate in document["gates"]:
        gate["threshold_value"] = thresholds[gate["threshold"]].at(band)
        gate["unit"] = thresholds[gate["threshold"]].unit.value
    return document


def change_document(change: RuleChange) -> dict[str, Any]:
    """One difference as JSON has it."""
    fields = [{"field": name, "first": first, "second": second} for name, first, second in change.fields]
    return {"kind": change.kind, "key": change.key, "change": change.change, "fields": fields}


def change_lines(change: RuleChange) -> Iterator[str]:
    """One difference for a person."""
    yield f"{change.kind} {change.key}: {change.change}" if change.kind != change.key else f"{change.kind} changed"
    for name, first, second in change.fields:
        yield f"  {name}: {_said(first)} -> {_said(second)}"


def _said(value: object) -> str:
    if value is None:
        return "not there"
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
