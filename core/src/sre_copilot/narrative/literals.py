"""The plain text inside regular expressions, and one expression for many plain texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHORTEST = 3
"""Shorter literals are in nearly every line and tell nothing."""

Trie = dict[str, "Trie"]


def any_of(literals: Iterable[str]) -> str:
    """An expression for any of these texts.

    Texts that begin alike share their beginning, so that the engine decides at each place by one character. Where
    one text begins another one the shorter is enough.
    """
    root: Trie = {}
    for literal in literals:
        node = root
        for character in literal:
            node = node.setdefault(character, {})
        node[""] = {}
    return _written(root)


def _written(node: Trie) -> str:
    if "" in node:
        return ""
    parts = [re.escape(character) + _written(below) for character, below in sorted(node.items())]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def required_literal(expression: str) -> str:
    """The longest text in lower case that every line matched by this expression contains; empty if unknown.

    It looks at the top level only: what stands in groups, classes and alternatives may be absent.
    """
    runs, run, at, depth = [""], "", 0, 0
    expression = expression.removeprefix("(?i)")
    while at < len(expression):
        width = 2 if expression[at] == "\\" else 1
        atom = expression[at : at + width]
        if atom == "|" and depth == 0:
            return ""
        if atom == "[":
            width = _class_width(expression, at)
        depth += (atom == "(") - (atom == ")")
        at += width
        plain = _plain(atom) if depth == 0 else ""
        if plain and not expression.startswith(("*", "?", "{", "+"), at):
            run += plain
            continue
        runs.append(run)
        run = ""
    best = max([*runs, run], key=len).lower()
    return best if len(best) >= _SHORTEST else ""


def _plain(atom: str) -> str:
    if len(atom) == 2:
        return atom[1] if not atom[1].isalnum() else ""
    return "" if atom in ".^$*+?()[]{}|" else atom


def _class_width(expression: str, at: int) -> int:
    inside = at + 1 + expression.startswith("^", at + 1)
    inside += expression.startswith("]", inside)
    while inside < len(expression) and expression[inside] != "]":
        inside += 2 if expression[inside] == "\\" else 1
    return inside - at + 1
