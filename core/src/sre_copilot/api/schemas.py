"""JSON Schema from the types of answers: the same classes that are encoded."""

from __future__ import annotations

import enum
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs
from whenever import Instant

from sre_copilot.health.decision import Outcome
from sre_copilot.settings.descriptions import description
from sre_copilot_hookspecs import HealthState, Level

PLAIN: Mapping[object, Mapping[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Instant: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
    Any: {},
}

WORDS: Mapping[str, type[enum.Enum]] = {
    "health_state": HealthState,
    "last_known_state": HealthState,
    "state": HealthState,
    "before": HealthState,
    "level": Level,
    "outcome": Outcome,
    "last_known_outcome": Outcome,
}
"""Text fields that hold one of a few words, by name."""


class Schemas:
    """Schemas of classes under names, as an OpenAPI document keeps them."""

    def __init__(self, prefix: str = "#/components/schemas/") -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self._prefix = prefix

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; that of a class is a reference to :attr:`known`."""
        if kind in PLAIN:
            return dict(PLAIN[kind])
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (types.UnionType, typing.Union):
            return self._one_of(arguments)
        if origin is tuple:
            return self._tuple(arguments)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return {"type": "string", "enum": [one.value for one in kind]}
        if isinstance(kind, type) and attrs.has(kind):
            return self._named(kind)
        raise TypeError(f"{kind} has no schema; an answer holds text, numbers, instants, classes and tuples of these")

    def _one_of(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        made = [self.of(argument) for argument in arguments]
        if all(set(one) == {"type"} for one in made):
            return {"type": [one["type"] for one in made]}
        return {"anyOf": made}

    def _tuple(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        if arguments[1:] == (Ellipsis,):
            return {"type": "array", "items": self.of(arguments[0])}
        made = [self.of(argument) for argument in arguments]
        return {"type": "array", "prefixItems": made, "items": False, "minItems": len(made), "maxItems": len(made)}

    def _named(self, kind: type[attrs.AttrsInstance]) -> dict[str, Any]:
        if kind.__name__ not in self.known:
            self.known[kind.__name__] = {}
            self.known[kind.__name__] = self._class(kind)
        return {"$ref": f"{self._prefix}{kind.__name__}"}

    def _class(self, kind: type[attrs.AttrsInstance]) -> dict[str, Any]:
        hints = typing.get_type_hints(kind)
        fields = attrs.fields(kind)
        return {
            "type": "object",
            "description": _plain_text(inspect.getdoc(kind) or ""),
            "properties": {field.name: self._field(kind, field.name, hints[field.name]) for field in fields},
            "required": required(kind),
            "additionalProperties": False,
        }

    def _field(self, kind: type, name: str, hint: Any) -> dict[str, Any]:
        schema = _worded(name, hint) or self.of(hint)
        says = _plain_text(field_says(kind, name))
        return {**schema, "description": says} if says else schema


def required(kind: type[attrs.AttrsInstance]) -> list[str]:
    """Fields that are always there: all of an answer, those without a default of what is sent to the API."""
    from sre_copilot.api.documents import ActionRequest
    from sre_copilot.api.problems import Problem

    optional = kind in (ActionRequest, Problem)
    return [field.name for field in attrs.fields(kind) if not (optional and field.default is not attrs.NOTHING)]


def field_says(kind: type, name: str) -> str:
    """The string below a field, in the class that declares it."""
    return next((found for owner in kind.__mro__ if (found := description(owner, name))), "")


def schema_of(kind: Any) -> dict[str, Any]:
    """A schema that needs no other document."""
    schemas = Schemas("#/$defs/")
    top = schemas.of(kind)
    return {**top, "$defs": schemas.known}


def _worded(name: str, hint: Any) -> dict[str, Any] | None:
    words = WORDS.get(name)
    if words is None or hint not in (str, str | None):
        return None
    values: list[str | None] = [one.value for one in words]
    return {"enum": [*values, None]} if hint == str | None else {"type": "string", "enum": values}


def _plain_text(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
