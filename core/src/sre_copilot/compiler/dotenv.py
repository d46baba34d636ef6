"""Environment files, as ``docker run --env-file`` and Docker Compose read them."""

from __future__ import annotations

import re

import attrs

from sre_copilot.compiler.compiled import Problem

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_REFERENCE = re.compile(r"(?<!\\)\$[A-Za-z_{]")


@attrs.frozen
class Variable:
    """One environment variable, and where it was found."""

    name: str
    text: str
    by: str
    """As a sentence names it: ``DSQL_RESERVOIR_ENABLED in prod.env``."""
    refers: bool = False
    """Whether the text names another variable, whose value is not known here."""


def read_dotenv(text: str, origin: str) -> tuple[tuple[Variable, ...], tuple[Problem, ...]]:
    """The variables of an environment file, and a problem for each line that is none.

    :param origin: the file's name, as sentences give it.

    A line is ``NAME=value``, with or without ``export``; a value may be quoted, and what follows `` #`` is a comment.
    """
    variables: list[Variable] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        found = _variable(stripped, origin)
        if found is None:
            # Not the line itself: it may hold a password.
            problems.append(Problem(f"{origin}, line {number}: not a variable; write it as NAME=value"))
            continue
        variables.append(found)
    return tuple(variables), tuple(problems)


def _variable(line: str, origin: str) -> Variable | None:
    whole = _LINE.fullmatch(line)
    if whole is None:
        return None
    name, written = whole[1], whole[2].strip()
    by = f"{name} in {origin}"
    if written.startswith("'"):
        single = _SINGLE.fullmatch(written)
        return None if single is None else Variable(name, single[1], by)
    refers = bool(_REFERENCE.search(written))
    if written.startswith('"'):
        double = _DOUBLE.fullmatch(written)
        return None if double is None else Variable(name, _unescaped(double[1]), by, refers)
    return Variable(name, _without_comment(written), by, refers)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), text)


def _without_comment(text: str) -> str:
    if text.startswith("#"):
        return ""
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()
