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


def required_literals(expression: str) -> tuple[str, ...]:
    """Texts in lower case, one of which is in every line that this expression matches; none if unknown."""
    branches = _branches(expression.removeprefix("(?i)"))
    found = tuple(dict.fromkeys(max(branch, key=len).lower() for branch in branches))
    return found if all(len(literal) >= _SHORTEST for literal in found) else ()


def _branches(expression: str) -> list[list[str]]:
    """The plain texts of each alternative.

    It looks at the top level only: what stands in groups and classes may be absent.
    """
    runs, run, at, depth = [""], "", 0, 0
    branches = [runs]
    while at < len(expression):
        width = 2 if expression[at] == "\\" else 1
        atom = expression[at : at + width]
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
        if atom == "|" and depth == 0:
            runs = [""]
            branches.append(runs)
    runs.append(run)
    return branches


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
