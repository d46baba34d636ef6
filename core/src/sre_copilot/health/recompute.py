"""Stored decisions, computed again, and the first thing in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from whenever import Instant

from sre_copilot.health.decide import Engine
from sre_copilot.health.encoding import to_document
from sre_copilot.health.receipt import Receipt


@attrs.frozen
class Discrepancy:
    """A stored decision that is not the one that its own rules and memory lead to."""

    at: Instant
    cluster: str
    field: str
    """Where they differ first, such as ``gates[matching.dispatch_ratio_critical].outcome``."""
    expected: object
    """What was computed now."""
    found: object
    """What is stored."""
    engine: str
    """Version of the engine that decided."""


def recompute(engine: Engine, receipt: Receipt, *, decided_by: str) -> Discrepancy | None:
    """Decide a stored cycle again, from its stored findings; ``None`` where the same comes of it.

    :param engine: of the ruleset that the receipt names.
    :param decided_by: version of the engine that decided then.
    """
    again = engine.decide(receipt.before, receipt.observation)
    if again == receipt.decision:
        return None
    stored = receipt.decision
    field, expected, found = first_difference(to_document(again), to_document(stored)) or ("", again, stored)
    return Discrepancy(stored.at, stored.cluster, field, expected, found, decided_by)


def first_difference(expected: Any, found: Any, path: str = "") -> tuple[str, object, object] | None:
    """The first place in which two documents differ, with what each of them has there."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*expected, *found)):
            place = f"{path}.{key}" if path else str(key)
            if key not in expected or key not in found:
                return place, expected.get(key), found.get(key)
            inner = first_difference(expected[key], found[key], place)
            if inner is not None:
                return inner
        return None
    if _is_list(expected) and _is_list(found):
        for position, (one, other) in enumerate(zip(expected, found, strict=False)):
            inner = first_difference(one, other, f"{path}[{_name(one, other, position)}]")
            if inner is not None:
                return inner
        if len(expected) != len(found):
            return f"{path}.length", len(expected), len(found)
        return None
    return None if expected == found and type(expected) is type(found) else (path, expected, found)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _name(one: object, other: object, position: int) -> str:
    """An element as a person knows it: by its key, where both have the same."""
    for field in ("key", "gate", "signal", "cause"):
        if isinstance(one, Mapping) and isinstance(other, Mapping) and one.get(field, 0) == other.get(field, 1):
            return str(one[field])
    return str(position)
