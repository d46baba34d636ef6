"""The one way values of this room become JSON, and back.

Canonical: sorted keys, no spaces, defaults left out except in rulesets, instants in ISO 8601. Equal values give
equal bytes in every process and on every Python version.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from cattrs import Converter
from cattrs.preconf.json import make_converter
from whenever import Instant

from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Sample

T = TypeVar("T")


def _make_encoder(*, leave_out_defaults: bool) -> Converter:
    converter = make_converter(omit_if_default=leave_out_defaults)
    converter.register_unstructure_hook(Instant, lambda instant: instant.format_iso())
    converter.register_structure_hook(Instant, lambda text, _: Instant.parse_iso(text))
    converter.register_structure_hook(Sample | Missing, _structure_sample)
    converter.register_unstructure_hook_func(lambda kind: kind == Sample | Missing, _unstructure_sample)
    converter.register_unstructure_hook(Sample, _unstructure_sample)
    converter.register_unstructure_hook(Missing, _unstructure_sample)
    return converter


def _unstructure_sample(found: Sample | Missing) -> dict[str, Any]:
    if isinstance(found, Missing):
        return {"missing": found.reason.value, **({"detail": found.detail} if found.detail else {})}
    made: dict[str, Any] = {"value": found.value, "age": found.age}
    if found.series:
        made["series"] = [[dict(value.labels), value.value] for value in found.series]
    if found.dropped:
        made["dropped"] = found.dropped
    if found.note:
        made["note"] = found.note
    return made


def _structure_sample(document: dict[str, Any], _: object) -> Sample | Missing:
    if "missing" in document:
        return Missing(MissingReason(document["missing"]), document.get("detail", ""))
    series = tuple(LabelledValue(tuple(sorted(labels.items())), value) for labels, value in document.get("series", []))
    return Sample(document["value"], document["age"], series, document.get("dropped", 0), document.get("note", ""))


ENCODER = _make_encoder(leave_out_defaults=True)
"""The converter for every attrs class of the copilot."""

# A ruleset is written out in full: a later version's other default must not change an old ruleset's meaning.
ENCODER.register_unstructure_hook(Ruleset, _make_encoder(leave_out_defaults=False).unstructure)


def to_document(value: object) -> Any:
    """A value as plain dictionaries, lists, strings and numbers."""
    return ENCODER.unstructure(value)


def from_document(document: Any, kind: type[T]) -> T:
    """The value of ``kind`` that :func:`to_document` took apart.

    :raises cattrs.BaseValidationError: if the document does not fit.
    """
    return ENCODER.structure(document, kind)


def to_json(value: object) -> str:
    """The canonical JSON of a value."""
    return json.dumps(to_document(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def from_json(text: str | bytes, kind: type[T]) -> T:
    """The value that :func:`to_json` wrote."""
    return from_document(json.loads(text), kind)


def digest(ruleset: Ruleset) -> str:
    """The SHA-256 of a ruleset's canonical JSON, in hexadecimal."""
    return hashlib.sha256(to_json(ruleset).encode()).hexdigest()
