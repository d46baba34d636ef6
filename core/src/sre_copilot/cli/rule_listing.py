"""A ruleset as JSON, and what is different between two, as text and as JSON."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

from sre_copilot.cli.rule_text import WIDEST
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
    """One difference for a person, in lines that fit the terminal."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    yield f"{change.kind} {change.key}: {change.change}" if change.kind != change.key else f"{change.kind} changed"
    for name, first, second in change.fields:
        for line in _field(name, first, second):
            yield from textwrap.wrap(
                line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
            )


def _field(name: str, first: object, second: object) -> Iterator[str]:
    if not isinstance(first, list) or not isinstance(second, list):
        yield f"  {name}: {_said(first)} -> {_said(second)}"
        return
    # Of two long lists only what is not in both is news.
    gone, new = [each for each in first if each not in second], [each for each in second if each not in first]
    yield from (f"  {name}: without {_said(each)}" for each in gone)
    yield from (f"  {name}: with {_said(each)}" for each in new)
    if not gone and not new:
        yield f"  {name}: in another order"


def _said(value: object) -> str:
    if value is None:
        return "not there"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict) and {"signal", "direction", "threshold"} <= value.keys():
        there = " at the same place" if value.get("same_place") else ""
        return f"{value['signal']} {value['direction']} {value['threshold']}{there}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
