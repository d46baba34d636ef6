"""From what a file, a variable or a flag holds to the type a setting has."""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


class WrongValue(ValueError):
    """A value does not fit; the text goes on from "it"."""


def is_supported(kind: Any) -> bool:
    """Whether a file can hold values of this type."""
    kind = _present(kind)
    if typing.get_origin(kind) in (tuple, list):
        arguments = typing.get_args(kind)
        return bool(arguments) and arguments[1:] in ((), (Ellipsis,)) and is_supported(arguments[0])
    if typing.get_origin(kind) in (dict, Mapping):
        return typing.get_args(kind)[0] is str and is_supported(typing.get_args(kind)[1])
    if not isinstance(kind, type):
        return False
    return kind in (bool, int, float, str, Path) or issubclass(kind, enum.Enum) or attrs.has(kind)


def convert(value: object, kind: Any, *, folder: Path | None = None) -> object:
    """The value as the setting's type.

    :param folder: what relative paths start from.
    :raises WrongValue: if it is of another type.
    """
    optional, kind = _is_optional(kind), _present(kind)
    if value is None and optional:
        return None
    origin = typing.get_origin(kind)
    if origin in (tuple, list):
        return _several(value, typing.get_args(kind)[0], origin, folder)
    if origin in (dict, Mapping):
        return _mapping(value, typing.get_args(kind)[1], folder)
    if issubclass(kind, enum.Enum):
        return _choice(value, kind)
    if attrs.has(kind):
        return _structure(value, kind, folder)
    return _plain(value, kind, folder)


def parse(text: str, kind: Any) -> object:
    """The value that an environment variable means, still to be converted.

    Lists are written with commas between their items.

    :raises WrongValue: if the text is no such value.
    """
    kind = _present(kind)
    if typing.get_origin(kind) in (tuple, list):
        item = typing.get_args(kind)[0]
        return [parse(part.strip(), item) for part in text.split(",") if part.strip()]
    if kind is bool:
        if text.lower() not in (*_YES, *_NO):
            raise WrongValue(f"must be {_expected(bool)}")
        return text.lower() in _YES
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            raise WrongValue(f"must be {_expected(kind)}") from None
    return text


def _is_optional(kind: Any) -> bool:
    return isinstance(kind, types.UnionType) and type(None) in typing.get_args(kind)


def _present(kind: Any) -> Any:
    """``X`` of ``X | None``."""
    if not _is_optional(kind):
        return kind
    others = [argument for argument in typing.get_args(kind) if argument is not type(None)]
    return others[0] if len(others) == 1 else kind


def _expected(kind: type) -> str:
    named = {bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path"}
    return named[kind]


def _plain(value: object, kind: type, folder: Path | None) -> object:
    # TOML has booleans, and in Python they are whole numbers too.
    if kind is not bool and isinstance(value, bool):
        raise WrongValue(f"must be {_expected(kind)}")
    if kind is float and isinstance(value, int | float):
        if not math.isfinite(value):
            raise WrongValue("must be a finite number")
        return float(value)
    if kind is Path and isinstance(value, str | Path) and str(value):
        path = Path(value).expanduser()
        return path if folder is None else folder / path
    if kind is Path or not isinstance(value, kind):
        raise WrongValue(f"must be {_expected(kind)}")
    return value


def _choice(value: object, kind: type[enum.Enum]) -> enum.Enum:
    if isinstance(value, kind):
        return value
    for member in kind:
        if member.value == value:
            return member
    raise WrongValue(f"must be one of {', '.join(str(member.value) for member in kind)}")


def _several(value: object, item: Any, container: type, folder: Path | None) -> object:
    if not isinstance(value, list | tuple):
        raise WrongValue("must be a list, written in brackets")
    converted = []
    for at, one in enumerate(value, start=1):
        try:
            converted.append(convert(one, item, folder=folder))
        except WrongValue as error:
            raise WrongValue(f"is wrong at item {at}, which {error}") from None
    return container(converted)


def _mapping(value: object, item: Any, folder: Path | None) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise WrongValue("must be a table")
    converted = {}
    for name, one in value.items():
        try:
            converted[str(name)] = convert(one, item, folder=folder)
        except WrongValue as error:
            raise WrongValue(f"is wrong at {name!r}, which {error}") from None
    return converted


def _structure(value: object, kind: type, folder: Path | None) -> object:
    """An item of an array of tables."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise WrongValue("must be a table")
    hints = typing.get_type_hints(kind)
    known = {field.alias or field.name: hints[field.name] for field in attrs.fields(kind)}
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise WrongValue(f"has the unknown key {unknown[0]!r}; known are {', '.join(known)}")
    try:
        return kind(**{name: convert(one, known[name], folder=folder) for name, one in value.items()})
    except (TypeError, ValueError) as error:
        raise error if isinstance(error, WrongValue) else WrongValue(str(error)) from None
