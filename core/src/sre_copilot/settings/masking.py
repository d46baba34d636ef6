"""Secrets never leave the settings: not in listings, not in error messages."""

from __future__ import annotations

import enum
import re
import typing
from collections.abc import Iterable
from typing import Any, cast

import attrs

HIDDEN = "set, hidden"
"""What is shown in place of a secret that is set."""

SHORTEST_SECRET = 4
"""Characters from which a secret is looked for in sentences."""

_USER_AND_PASSWORD = re.compile(r"(?P<start>\b[a-zA-Z][a-zA-Z0-9+.-]*://[^:/?#@\s'\"]*):[^\s'\"]*@")
_WEB_USER = re.compile(r"(?P<start>\bhttps?://)[^:/?#@\s'\"]+@")
_NAMED = re.compile(r"(?i)\b(?P<start>(?:password|passwd|pwd|secret|token|api_?key)=)[^&\s'\"]+")


def mask_urls(text: str) -> str:
    """The text with every password in it replaced: in URLs and in ``password=…`` of connection strings."""
    text = _USER_AND_PASSWORD.sub(r"\g<start>:***@", text)
    # A web address with a user and no password carries a token.
    text = _WEB_USER.sub(r"\g<start>***@", text)
    return _NAMED.sub(r"\g<start>***", text)


def shown(value: object, *, secret: bool) -> object:
    """A value as it may be shown: plain strings, numbers, lists and tables."""
    if secret:
        return HIDDEN if value not in (None, "", ()) else None
    if isinstance(value, str):
        return mask_urls(value)
    if isinstance(value, list | tuple):
        return [shown(one, secret=False) for one in value]
    if isinstance(value, dict):
        return {key: shown(one, secret=False) for key, one in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    if attrs.has(type(value)):
        return {
            field.name: shown(getattr(value, field.name), secret=is_secret(field))
            for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
        }
    return mask_urls(str(value.value if isinstance(value, enum.Enum) else value))


def is_secret(field: attrs.Attribute[Any]) -> bool:
    """Whether a field of a settings class says that it holds a secret."""
    return bool(field.metadata.get("secret"))


def holds_secrets(kind: Any) -> bool:
    """Whether a type is a settings class with a secret in it, or a list or table of such."""
    if isinstance(kind, type) and attrs.has(kind):
        hints = typing.get_type_hints(kind)
        return any(is_secret(field) or holds_secrets(hints[field.name]) for field in attrs.fields(kind))
    return any(holds_secrets(argument) for argument in typing.get_args(kind))


def without(text: str, secrets: Iterable[object]) -> str:
    """The text with every one of these secrets replaced, for sentences that foreign code has written."""
    for secret in sorted(map(str, secrets), key=len, reverse=True):
        # A shorter one is part of every other word, and of line numbers.
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return mask_urls(text)
