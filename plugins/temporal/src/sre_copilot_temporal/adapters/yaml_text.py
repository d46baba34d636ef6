"""Writes YAML that every parser reads alike: block style, every text quoted, no tags, no anchors.

Only what YAML 1.1 and 1.2 agree on is written. Texts are double-quoted, so that ``no``, ``1e3`` and ``12:30`` stay
texts; keys stand bare only where no reader could take them for something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from sre_copilot_hookspecs.errors import DeclarationError

_BARE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML 1.1 takes for booleans or nothing, in any case."""
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_LINE_BREAKS = frozenset({"\x85", "\u2028", "\u2029", "\ufeff"})
"""Printable for Python's taste or not, YAML 1.1 gives them a meaning inside of quotes."""


def yaml_text(
    document: Mapping[str, object], *, header: Sequence[str] = (), comments: Mapping[str, str] | None = None
) -> str:
    """A mapping as a YAML document, in the mapping's own order.

    :param document: of mappings with text keys, sequences, texts, booleans, numbers and ``None``.
    :param header: comment lines for its top.
    :param comments: a comment line above a key of the outermost mapping.
    :raises DeclarationError: if it holds anything else, a number that is not finite, or half a character.
    """
    lines = [comment_line(line) for line in header]
    if not document:
        lines.append("{}")
    for key, value in document.items():
        if comments and key in comments:
            lines.append(comment_line(comments[key]))
        lines += _entry(f"{_key(key)}:", value, 0)
    return "\n".join((*lines, ""))


def comment_line(text: str) -> str:
    """A text as one comment line, whatever breaks it holds."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"# {words}" if words else "#"


def _entry(lead: str, value: object, depth: int) -> Iterator[str]:
    """``lead`` is what stands before the value: ``key:``."""
    margin = "  " * depth
    if isinstance(value, Mapping) and value:
        yield f"{margin}{lead}"
        for key, inner in value.items():
            yield from _entry(f"{_key(key)}:", inner, depth + 1)
        return
    if _is_list(value) and value:
        yield f"{margin}{lead}"
        for item in value:
            yield from _item(item, depth + 1)
        return
    yield f"{margin}{lead} {_flat(value)}"


def _item(item: object, depth: int) -> Iterator[str]:
    """One member of a sequence, its first line behind the dash."""
    margin = "  " * depth
    if isinstance(item, Mapping) and item:
        nested = [line for key, value in item.items() for line in _entry(f"{_key(key)}:", value, depth + 1)]
    elif _is_list(item) and item:
        nested = [line for member in item for line in _item(member, depth + 1)]
    else:
        nested = [f"{margin}  {_flat(item)}"]
    yield f"{margin}- {nested[0][len(margin) + 2 :]}"
    yield from nested[1:]


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, str):
        return _quoted(value)
    if _is_list(value):
        return "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return _number(value)
    raise DeclarationError(f"{value!r} cannot be written as YAML")


def _number(value: float) -> str:
    """YAML 1.1 asks for a point before the exponent, and for a sign behind it."""
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{exponent}{power}"


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise DeclarationError(f"{key!r} is no text, so it cannot be a key of a YAML mapping")
    bare = _BARE_KEY.fullmatch(key) and key.lower() not in _RESERVED
    return key if bare else _quoted(key)


def _quoted(text: str) -> str:
    return f'"{"".join(_letter(letter) for letter in text)}"'


def _letter(letter: str) -> str:
    if letter in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[letter]
    code = ord(letter)
    if 0xD800 <= code <= 0xDFFF:
        raise DeclarationError(f"half a character, U+{code:04X}, cannot be written as YAML")
    if letter.isprintable() and letter not in _LINE_BREAKS:
        return letter
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
