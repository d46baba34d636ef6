"""Values as people write them: reading, judging and showing them by the parameter's type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from sre_copilot_hookspecs.configuration import Parameter, ParameterType, Value
from sre_copilot_hookspecs.durations import duration_of, go_seconds_of
from sre_copilot_hookspecs.errors import CopilotError, DeclarationError

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


class ValueRefused(CopilotError):
    """A value does not fit its parameter; the text says what was given and what would be accepted."""


def parse(parameter: Parameter, given: Value) -> Value:
    """The value of a parameter.

    :param given: a value of its type, or the text a person writes for one. ``"1"`` is 1 for an integer and true
        for a boolean.
    :raises ValueRefused: if it is of another type, out of range, or none of the choices.
    """
    value = _READERS[parameter.type](given)
    if value is None:
        raise ValueRefused(f"{shown(given, quoted=True)} is {_NOUNS[parameter.type]}; {accepted(parameter)}")
    if not _fits(parameter, value):
        written = " ".join(shown(value).split())
        raise ValueRefused(f"{written} is out of range; {accepted(parameter)}")
    return value


def accepted(parameter: Parameter) -> str:
    """What a parameter takes, as the end of a refusal: ``it takes a whole number from 1 to 500 (connections)``."""
    if parameter.choices:
        return f"it takes {', '.join(parameter.choices[:-1])} or {parameter.choices[-1]}"
    return f"it takes {kind_of(parameter)}"


def kind_of(parameter: Parameter) -> str:
    """Type, range and unit in words: ``a whole number from 1 to 500 (connections)``."""
    ends = " ".join(
        filter(None, (_end("from", parameter.minimum, parameter), _end("to", parameter.maximum, parameter)))
    )
    unit = f"({parameter.unit})" if parameter.unit else ""
    return " ".join(filter(None, (_FORMS[parameter.type], ends, unit)))


def shown(value: Value | None, *, quoted: bool = False) -> str:
    """A value as files and people write it; an empty text as ``""``, nothing as ``none``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value)
    return repr(value) if quoted else value or '""'


def _end(word: str, bound: float | None, parameter: Parameter) -> str:
    if bound is None:
        return ""
    if parameter.type is not ParameterType.DURATION:
        return f"{word} {bound:g}" if bound != int(bound) else f"{word} {int(bound)}"
    return f"{word} {duration_of(int(bound)) if bound > 0 else '0s'}"


def _fits(parameter: Parameter, value: Value) -> bool:
    if parameter.choices:
        return value in parameter.choices
    if isinstance(value, bool) or parameter.type is ParameterType.TEXT:
        return True
    amount = go_seconds_of(value) if isinstance(value, str) else value
    above = parameter.minimum is None or amount >= parameter.minimum
    return above and (parameter.maximum is None or amount <= parameter.maximum)


def _boolean(given: Value) -> Value | None:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _integer(given: Value) -> Value | None:
    if isinstance(given, str):
        return int(given) if _WHOLE.fullmatch(given := given.strip()) else None
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _number(given: Value) -> Value | None:
    if isinstance(given, bool):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(given: Value) -> Value | None:
    # A line break would end the line of an environment file, and begin another variable.
    return given if isinstance(given, str) and given.isprintable() else None


def _duration(given: Value) -> Value | None:
    if not isinstance(given, str):
        return None
    try:
        go_seconds_of(given := given.strip())
    except DeclarationError:
        return None
    return "0s" if given == "0" else given


_READERS: dict[ParameterType, Callable[[Value], Value | None]] = {
    ParameterType.BOOLEAN: _boolean,
    ParameterType.INTEGER: _integer,
    ParameterType.NUMBER: _number,
    ParameterType.TEXT: _text,
    ParameterType.DURATION: _duration,
}

_NOUNS = {
    ParameterType.BOOLEAN: "neither true nor false",
    ParameterType.INTEGER: "not a whole number",
    ParameterType.NUMBER: "not a number",
    ParameterType.TEXT: "not a text on one line",
    ParameterType.DURATION: "not a duration with its unit",
}

_FORMS = {
    ParameterType.BOOLEAN: "true or false",
    ParameterType.INTEGER: "a whole number",
    ParameterType.NUMBER: "a number",
    ParameterType.TEXT: "a text",
    ParameterType.DURATION: "a duration such as 30s, 5m or 1h30m",
}
