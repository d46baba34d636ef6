"""Documents as JSON. What was rendered once is sent again, with another age in it, until something else changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar, cast

import attrs
import msgspec
from whenever import Instant

from sre_copilot.api.board import Standing
from sre_copilot.api.freshness import freshness
from sre_copilot.api.serving import fresh_fields, reason_now

AGE = b"\x00"
"""Stands for the age in a rendered answer. No JSON has this byte: in strings it is written as an escape."""
_AGE = msgspec.Raw(AGE)

T = TypeVar("T")
View = Callable[[Standing, Instant], object]
"""What is answered about a standing at an instant."""


@attrs.frozen
class Body:
    """An answer as it is sent."""

    data: bytes
    headers: tuple[tuple[str, str], ...] = ()
    media: str | None = None
    """Its content type, where that is not the route's."""


@attrs.frozen
class Sheet(Generic[T]):
    """Rows, and what the headers say of all of them."""

    rows: tuple[T, ...]
    headers: tuple[tuple[str, str], ...] = ()


def encoded(document: object) -> bytes:
    """A document, or a tuple of rows, as JSON with every field of it written out in the declared order."""
    return msgspec.json.encode(_in_order(document), enc_hook=_spelt)


def _in_order(document: object) -> object:
    if isinstance(document, tuple):
        return [_in_order(row) for row in document]
    if not attrs.has(type(document)):
        return document
    return {name: getattr(document, name) for name in _names(cast("type[attrs.AttrsInstance]", type(document)))}


@cache
def _names(kind: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind))


def _spelt(value: object) -> str:
    if isinstance(value, Instant):
        return value.format_iso()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


@attrs.frozen
class _Rendered:
    standing: Standing
    stale: bool
    reason: str
    parts: list[bytes]

    def holds(self, standing: Standing, *, stale: bool, reason: str) -> bool:
        return (
            self.standing.status is standing.status
            and self.standing.trouble == standing.trouble
            and self.standing.cluster == standing.cluster
            and self.stale == stale
            and self.reason == reason
        )


class Renderings:
    """Rendered views of standings: at most one for each view and cluster."""

    def __init__(self) -> None:
        self._kept: dict[tuple[View, str | None], _Rendered] = {}

    def body(self, view: View, standing: Standing, now: Instant, *, rows: bool) -> Body:
        """What a view answers about a standing now."""
        fresh = freshness(standing.status, now)
        reason = reason_now(standing, now) if fresh.stale else ""
        kept = self._kept.get((view, standing.name))
        if kept is None or not kept.holds(standing, stale=fresh.stale, reason=reason):
            parts = _aged(view(standing, now)).split(AGE)
            kept = self._kept[view, standing.name] = _Rendered(standing, fresh.stale, reason, parts)
        age = b"null" if fresh.age_seconds is None else repr(fresh.age_seconds).encode()
        data = kept.parts[0] if len(kept.parts) == 1 else age.join(kept.parts)
        return Body(data, fresh_headers(standing, now) if rows else ())


def _aged(document: object) -> bytes:
    ordered: Any = _in_order(document)
    for one in ordered if isinstance(ordered, list) else [ordered]:
        one["age_seconds"] = _AGE
    return msgspec.json.encode(ordered, enc_hook=_spelt)


def fresh_headers(standing: Standing, now: Instant) -> tuple[tuple[str, str], ...]:
    """How old an array is, for when it has no row that could say so."""
    said = fresh_fields(standing, now)
    observed_at, age = said["observed_at"], said["age_seconds"]
    return (
        ("Copilot-Observed-At", "null" if observed_at is None else observed_at.format_iso()),
        ("Copilot-Age-Seconds", "null" if age is None else repr(age)),
        ("Copilot-Stale", str(said["stale"]).lower()),
        ("Copilot-Degraded", str(said["degraded"]).lower()),
    )
