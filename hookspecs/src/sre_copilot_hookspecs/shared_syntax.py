"""Regular expressions that mean the same to Python and to RE2, which Loki and Prometheus speak."""

from __future__ import annotations

import re

from sre_copilot_hookspecs.errors import DeclarationError

MOST_REPEATS = 1000
"""The largest count that RE2 accepts in a repetition."""

_ESCAPES = frozenset("dDwWsSbBntrfvx") | frozenset(r"\.+*?()|[]{}^$-/")
_GROUPS = ("(?:", "(?P<", "(?i:")
_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def check_expression(expression: str, what: str) -> None:
    """Refuse what one of the two engines does not know or understands differently.

    :param what: who declares it, as the refusal begins.
    :raises DeclarationError: for backreferences, lookaround, possessive and atomic parts, escapes that only one
        engine has, huge repetitions, expressions that are none, and expressions that any line matches.
    """
    try:
        compiled = re.compile(expression, re.ASCII | re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise DeclarationError(f"{what}: {expression!r} is no regular expression: {error}") from None
    if complaint := _complaint(expression.removeprefix("(?i)")):
        raise DeclarationError(f"{what}: {expression!r} has {complaint}, which RE2 does not know")
    if compiled.search(""):
        raise DeclarationError(f"{what}: {expression!r} matches an empty line, so it says nothing about one")


def _complaint(expression: str) -> str | None:
    at, in_class = 0, False
    while at < len(expression):
        here = expression[at]
        if here == "\\":
            if expression[at + 1] not in _ESCAPES:
                return f"the escape \\{expression[at + 1]}"
            at += 2
            continue
        if in_class:
            in_class = here != "]"
        elif here == "[":
            in_class = True
            # A bracket that comes first is one of the characters.
            at += 1 if not expression.startswith("[^", at) else 2
            at += expression.startswith("]", at)
            continue
        elif found := _beyond(expression, at):
            return found
        at += 1
    return None


def _beyond(expression: str, at: int) -> str | None:
    """What stands here outside of a class that RE2 refuses."""
    if expression.startswith("(?", at) and not expression.startswith(_GROUPS, at):
        return f"the group {expression[at : at + 4]}"
    counted = _COUNTED.match(expression, at)
    if counted and max(int(number) for number in counted.groups() if number) > MOST_REPEATS:
        return f"more than {MOST_REPEATS} repetitions"
    # A quantifier right behind another one; RE2 takes the lazy ? only.
    if expression[at : at + 2] in {"*+", "++", "?+"} or (counted and expression.startswith("+", counted.end())):
        return "a possessive quantifier"
    return None
