"""What is different between two rulesets, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from sre_copilot.health.encoding import to_document
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Band

Changed = tuple[str, object, object]
"""A field, and what each ruleset has in it."""


@attrs.frozen
class RuleChange:
    """One declaration that two rulesets do not share."""

    kind: str
    """Such as ``threshold``, ``gate`` or ``patience``."""
    key: str
    change: str
    """``added``, ``removed`` or ``changed``."""
    fields: tuple[Changed, ...] = ()
    """Which of its fields differ, with the value in the first and in the second ruleset."""


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


def differences(first: Ruleset, second: Ruleset) -> tuple[RuleChange, ...]:
    """Every declaration that is in one ruleset only, or not the same in both."""
    return tuple(_differences(first, second))


def _differences(first: Ruleset, second: Ruleset) -> Iterator[RuleChange]:
    kinds: tuple[tuple[str, Sequence[_Keyed], Sequence[_Keyed]], ...] = (
        ("threshold", first.thresholds, second.thresholds),
        ("gate", first.gates, second.gates),
        ("signal", first.signals, second.signals),
        ("cause", first.causes, second.causes),
        ("service", first.services, second.services),
        ("worker rule", first.worker_rules, second.worker_rules),
    )
    for kind, ours, theirs in kinds:
        yield from _keyed(kind, ours, theirs)
    singles = (
        ("scale", first.scale, second.scale),
        ("patience", first.patience, second.patience),
        ("visibility", first.visibility, second.visibility),
    )
    for kind, one, other in singles:
        if one != other:
            yield RuleChange(kind, kind, "changed", _fields(attrs.asdict(one), attrs.asdict(other)))
    if first.fixed_band is not second.fixed_band:
        yield RuleChange("band", "band", "changed", (("band", _band(first), _band(second)),))
    if first.engine != second.engine:
        yield RuleChange("engine", "engine", "changed", (("version", first.engine, second.engine),))
    if first.plugins != second.plugins:
        yield RuleChange("plugins", "plugins", "changed", _fields(dict(first.plugins), dict(second.plugins)))


def _keyed(kind: str, ours: Sequence[_Keyed], theirs: Sequence[_Keyed]) -> Iterator[RuleChange]:
    before, after = ({entry.key: entry for entry in entries} for entries in (ours, theirs))
    for key in sorted({*before, *after}):
        if key not in after:
            yield RuleChange(kind, key, "removed")
        elif key not in before:
            yield RuleChange(kind, key, "added")
        elif before[key] != after[key]:
            yield RuleChange(kind, key, "changed", _fields(_document(before[key]), _document(after[key])))


def _document(entry: object) -> Mapping[str, Any]:
    found: Mapping[str, Any] = to_document(entry)
    return found


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    names = dict.fromkeys((*before, *after))
    return tuple((name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))


def _band(ruleset: Ruleset) -> str:
    band: Band | None = ruleset.fixed_band
    return band.value if band is not None else "by load"
