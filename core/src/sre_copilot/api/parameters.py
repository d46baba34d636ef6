"""What may stand in a query string: each parameter once, with its form, its meaning and its default."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import attrs
from falcon.asgi import Request
from whenever import Instant

from sre_copilot.api.problems import BadParameter
from sre_copilot_hookspecs import DeclarationError
from sre_copilot_hookspecs.durations import seconds_of

T = TypeVar("T")

DEFAULT_ROWS = 3000
"""A day of cycles of 30 s has 2,880."""
MOST_ROWS = 25_000
"""A week of cycles of 30 s has 20,160."""
DEFAULT_ISSUES = 10
MOST_ISSUES = 100
LONGEST_NAME = 200
"""Characters of a name that is asked for."""
LONGEST_STEP = 366 * 86_400
"""Seconds."""

NOT_SECONDS = 100_000_000_000
"""Milliseconds in 1973. A smaller number was meant as seconds, and would silently lead to 1970."""
LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
"""The plus sign of an offset, which a query string turns into a space unless it is written as %2B."""

INSTANT_FORM = "ISO 8601 with an offset, such as 2026-03-01T12:00:00Z, or milliseconds since 1970"


class Severity(enum.Enum):
    """How bad an issue has been."""

    WARNING = "warning"
    CRITICAL = "critical"


@attrs.frozen(eq=False)
class Parameter(Generic[T]):
    """One parameter of a query string."""

    name: str
    says: str
    parse: Callable[[str], T]
    """Raises ValueError or OverflowError for what it does not understand."""
    default: T
    schema: Mapping[str, Any]
    """Its JSON Schema."""
    form: str = "text"
    """What is accepted, in words; goes on from "Give"."""

    def read(self, request: Request) -> T:
        """What a request says, or the default; nothing and an empty value are the same.

        :raises BadParameter: if it is given twice, or in another form.
        """
        found = request.get_param_as_list(self.name) or [""]
        if len(found) > 1:
            raise BadParameter(self.name, "It is given more than once.", f"Give {self.form}.")
        text = found[0]
        if not text:
            return self.default
        try:
            return self.parse(text)
        except (ValueError, OverflowError) as error:
            raise BadParameter(self.name, f"{text[:60]!r} is not understood.", f"Give {self.form}.") from error


class Asked:
    """The parameters of one request, each already understood."""

    __slots__ = ("_path", "_values", "accept", "body")

    def __init__(
        self,
        values: Mapping[Parameter[Any], Any],
        path: Mapping[str, str],
        *,
        accept: str = "",
        body: object = None,
    ) -> None:
        self._values = values
        self._path = path
        self.accept = accept
        """The Accept header."""
        self.body = body
        """What was sent, as the type that the route takes."""

    def __getitem__(self, parameter: Parameter[T]) -> T:
        # A route that asks for what it does not declare is wrong at every request, so every test finds it.
        value: T = self._values[parameter]
        return value

    def in_path(self, name: str) -> str:
        """A part of the path."""
        return self._path[name]


def parse_instant(text: str) -> Instant:
    """An instant in ISO 8601 or in milliseconds since 1970.

    :raises ValueError: if it is neither, or a number too small to be milliseconds.
    :raises OverflowError: if it lies outside of the calendar.
    """
    if re.fullmatch(r"[0-9]{1,18}", text):
        if int(text) < NOT_SECONDS:
            raise ValueError(f"{text} looks like seconds")
        return Instant.from_timestamp(int(text), unit="millisecond")
    return Instant.parse_iso(LOST_PLUS.sub(r"+\1", text))


def parse_step(text: str) -> int:
    """A step in whole milliseconds, from a number of them (what Grafana sends) or a duration such as ``5m``.

    :raises ValueError: if it is neither, or not from 1 s to a year.
    """
    milliseconds = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else _milliseconds(text)
    if not 1000 <= milliseconds <= LONGEST_STEP * 1000:
        raise ValueError(f"{text} is out of range")
    return milliseconds


def _milliseconds(text: str) -> int:
    days = re.fullmatch(r"([0-9]{1,5})d", text)
    if days:
        return int(days[1]) * 86_400_000
    if not text.isascii():
        raise ValueError(f"{text} has other digits")
    try:
        return seconds_of(text) * 1000
    except DeclarationError as error:
        raise ValueError(str(error)) from error


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers in a closed range."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text} is out of range")
        return int(text)

    return parse


def name(text: str) -> str:
    """A name, which is any text of a reasonable length.

    :raises ValueError: if it is longer.
    """
    if len(text) > LONGEST_NAME:
        raise ValueError("too long")
    return text


def _instant(name: str, says: str) -> Parameter[Instant | None]:
    schema = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": NOT_SECONDS}]}
    return Parameter(name, says, parse_instant, None, schema, INSTANT_FORM)


def _limit(default: int, most: int) -> Parameter[int]:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    form = f"a whole number from 1 to {most}"
    return Parameter("limit", "How many rows at most.", whole(1, most), default, schema, form)


def _named(name_: str, says: str) -> Parameter[str | None]:
    schema = {"type": "string", "maxLength": LONGEST_NAME}
    return Parameter(name_, says, name, None, schema, f"a name of at most {LONGEST_NAME} characters")


CLUSTER = _named("cluster", "The cluster; may be left out where one is watched.")
START = _instant("start", "The first instant that counts; a day before `end` if left out, for trends an hour.")
END = _instant("end", "The first instant that counts no more; now if left out.")
SINCE = _instant("since", "The first instant that counts; an hour before `until` if left out.")
UNTIL = _instant("until", "The first instant that counts no more; now if left out.")
STEP: Parameter[int | None] = Parameter(
    "step",
    "One row for each step of this length. In milliseconds or as a duration.",
    parse_step,
    None,
    {
        "anyOf": [
            {"type": "integer", "minimum": 1000, "maximum": LONGEST_STEP * 1000},
            {"type": "string", "pattern": "^[1-9][0-9]{0,2}[smhd]$"},
        ]
    },
    "milliseconds from 1000, or a duration such as 30s, 5m or 1h",
)
ROWS = _limit(DEFAULT_ROWS, MOST_ROWS)
ISSUES = _limit(DEFAULT_ISSUES, MOST_ISSUES)
SEVERITY: Parameter[Severity | None] = Parameter(
    "severity",
    "Only issues that have been this bad.",
    Severity,
    None,
    {"type": "string", "enum": [one.value for one in Severity]},
    " or ".join(one.value for one in Severity),
)
SERVICE = _named("service", "Only rows of this service.")
SIGNAL = _named("signal", "Only this signal, by its key; every primary one if left out.")
