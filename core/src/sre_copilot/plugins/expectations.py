"""What each hook must return, read from the return type of its specification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import attrs

import sre_copilot_hookspecs
from sre_copilot_hookspecs.errors import DeclarationError

_SEVERAL = re.compile(r"Sequence\[(\w+)\]")
_ONE = re.compile(r"(\w+) \| None")


@attrs.frozen
class Expectation:
    """The values one hook yields."""

    kind: type
    """The class of a declaration, or the protocol of an object."""
    first_result: bool

    @property
    def what(self) -> str:
        """The kind with its article: ``a Gate``."""
        article = "an" if self.kind.__name__[0] in "AEIOU" else "a"
        return f"{article} {self.kind.__name__}"

    def check_all(self, returned: object) -> tuple[object, ...]:
        """The values in what an implementation of a hook with several results returned.

        :raises DeclarationError: if it is not an iterable of the right kind.
        """
        name = self.kind.__name__
        if returned is None:
            raise DeclarationError(f"returned nothing; it must return a sequence of {name}, empty if there is none")
        if self._complaint(returned) is None and not isinstance(returned, Iterable):
            raise DeclarationError(f"returned {self.what} by itself; put it in a list")
        if isinstance(returned, str | bytes | Mapping) or not isinstance(returned, Iterable):
            raise DeclarationError(f"returned {_described(returned)}; it must return a sequence of {name}")
        return tuple(self._checked(value, f"at position {at}: ") for at, value in enumerate(returned, start=1))

    def check_one(self, returned: object) -> object:
        """The value an implementation of a first-result hook returned, if it is not ``None``."""
        return returned if returned is None else self._checked(returned, "")

    def _checked(self, value: object, where: str) -> object:
        complaint = self._complaint(value)
        if complaint is not None:
            raise DeclarationError(f"returned {where}{complaint}")
        return value

    def _complaint(self, value: object) -> str | None:
        if not _is_protocol(self.kind):
            return None if isinstance(value, self.kind) else f"{_described(value)}, where {self.what} is expected"
        if isinstance(value, type):
            return f"the class {value.__name__} itself, where {self.what} is expected; return an instance"
        missing = [name for name in _members(self.kind) if not _has(value, name)]
        if missing:
            return f"{_described(value)}, which is not {self.what}: it has no {' and no '.join(missing)}"
        return _malformed(value, self.kind)


def expectation(specifications: ModuleType, hook: str) -> Expectation:
    """What ``hook`` must return.

    :raises ValueError: if the specification's return type is neither ``Sequence[X]`` nor ``X | None``.
    """
    # The annotation is read as text, so that it may name types that are imported for type checkers only.
    annotation = str(getattr(specifications, hook).__annotations__["return"])
    several, one = _SEVERAL.fullmatch(annotation), _ONE.fullmatch(annotation)
    found = several or one
    if found is None:
        raise ValueError(f"{hook} returns {annotation}; write Sequence[X] or X | None")
    return Expectation(getattr(sre_copilot_hookspecs, found.group(1)), first_result=one is not None)


def key_of(value: object) -> str | None:
    """What tells a declaration from others of its hook: its key, or the name where it has no key."""
    for attribute in ("key", "name"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    return None


def _is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def _members(protocol: type) -> list[str]:
    named = {*vars(protocol).get("__annotations__", {}), *vars(protocol)}
    return sorted(name for name in named if not name.startswith("_"))


def _has(value: object, name: str) -> bool:
    # A property of the plugin's may raise, which is its own business until it is used.
    return hasattr(type(value), name) or hasattr(value, name)


def _malformed(value: Any, kind: type) -> str | None:
    for name in _members(kind):
        member = vars(kind).get(name)
        if callable(member) and not callable(getattr(value, name)):
            return f"{_described(value)}, whose {name} is not a method"
    if "key" in _members(kind) and not (isinstance(key := value.key, str) and key):
        return f"{_described(value)}, whose key is {key!r} and not a name"
    if "finds" in _members(kind):
        finds = value.finds
        if isinstance(finds, str) or not all(isinstance(found, str) for found in finds):
            return f"{_described(value)}, whose finds is {finds!r} and not a sequence of keys"
    return None


def _described(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
