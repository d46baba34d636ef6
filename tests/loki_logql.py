"""The part of LogQL that the Loki of the tests understands; anything else is refused as Loki refuses it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

import attrs

TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?P<duration>\d+(?:ns|us|ms|s|m|h))|'
    r"(?P<word>[a-zA-Z_][a-zA-Z0-9_]*)|(?P<mark>\|=|\|~|!=|!~|=~|[{}()\[\],=]))"
)

NOT_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|P=|>)|\\[1-9]|[*+?]\+")

SECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}

Labels = Mapping[str, str]


class ParseError(Exception):
    """The query is none."""


@attrs.frozen
class Selection:
    """A selector with line filters."""

    streams: Callable[[Labels], bool]
    lines: Callable[[str], bool]


@attrs.frozen
class Count:
    """Lines of a selection in a range, summed by labels."""

    selection: Selection
    by: tuple[str, ...]
    nanoseconds: int
    added: Mapping[str, str]


class Parser:
    """Reads one query."""

    def __init__(self, query: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while query[at:].strip():
            found = TOKEN.match(query, at)
            if found is None:
                raise ParseError(f"syntax error: unexpected character at {at}")
            assert found.lastgroup is not None
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            at = found.end()
        self.at = 0

    def selection(self) -> Selection:
        """The whole query as a question for lines."""
        found = self._selection()
        self._end()
        return found

    def counts(self) -> list[Count]:
        """The whole query as a question for counts."""
        counts = [self._labelled()]
        while self._accept("word", "or"):
            counts.append(self._labelled())
        self._end()
        return counts

    def _labelled(self) -> Count:
        self._expect("word", "label_replace")
        self._expect("mark", "(")
        count = self._sum()
        texts = []
        for _ in range(4):
            self._expect("mark", ",")
            texts.append(self._string())
        self._expect("mark", ")")
        label, value, source, expression = texts
        assert source == expression == "", "only plain labels are added here"
        return attrs.evolve(count, added={label: value})

    def _sum(self) -> Count:
        self._expect("word", "sum")
        self._expect("word", "by")
        self._expect("mark", "(")
        by = [self._take("word")]
        while self._accept("mark", ","):
            by.append(self._take("word"))
        self._expect("mark", ")")
        self._expect("mark", "(")
        self._expect("word", "count_over_time")
        self._expect("mark", "(")
        selection = self._selection()
        self._expect("mark", "[")
        number, unit = re.fullmatch(r"(\d+)(\w+)", self._take("duration")).groups()  # type: ignore[union-attr]
        self._expect("mark", "]")
        self._expect("mark", ")")
        self._expect("mark", ")")
        return Count(selection, tuple(by), int(number) * SECONDS[unit], {})

    def _selection(self) -> Selection:
        self._expect("mark", "{")
        matchers = [self._matcher()]
        while self._accept("mark", ","):
            matchers.append(self._matcher())
        self._expect("mark", "}")
        if all(test("") for _, test in matchers):
            raise ParseError(
                "queries require at least one regexp or equality matcher that does not have an empty-compatible value"
            )
        filters: list[Callable[[str], bool]] = []
        while self._peek() in (("mark", "|="), ("mark", "|~"), ("mark", "!="), ("mark", "!~")):
            filters.append(self._line_filter())
        return Selection(
            lambda labels: all(test(labels.get(name, "")) for name, test in matchers),
            lambda line: all(test(line) for test in filters),
        )

    def _matcher(self) -> tuple[str, Callable[[str], bool]]:
        name, operator, value = self._take("word"), self._take("mark"), self._string()
        if operator == "=":
            return name, lambda found: found == value
        if operator == "!=":
            return name, lambda found: found != value
        whole = regex(f"^(?:{value})$")
        if operator == "=~":
            return name, lambda found: whole.search(found) is not None
        if operator == "!~":
            return name, lambda found: whole.search(found) is None
        raise ParseError(f"syntax error: unexpected {operator}")

    def _line_filter(self) -> Callable[[str], bool]:
        operator, value = self._take("mark"), self._string()
        if operator in ("|=", "!="):
            return lambda line: (value in line) == (operator == "|=")
        pattern = regex(value)
        return lambda line: (pattern.search(line) is not None) == (operator == "|~")

    def _string(self) -> str:
        text = self._take("string")
        if text.startswith("`"):
            return text[1:-1]
        try:
            return str(json.loads(text))
        except ValueError as error:
            raise ParseError(f"invalid syntax: {text}") from error

    def _peek(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _accept(self, kind: str, text: str) -> bool:
        if self._peek() != (kind, text):
            return False
        self.at += 1
        return True

    def _take(self, kind: str) -> str:
        found = self._peek()
        if found is None or found[0] != kind:
            raise ParseError(f"syntax error: unexpected {found[1] if found else '$end'}, expecting {kind}")
        self.at += 1
        return found[1]

    def _expect(self, kind: str, text: str) -> None:
        if not self._accept(kind, text):
            found = self._peek()
            raise ParseError(f"syntax error: unexpected {found[1] if found else '$end'}, expecting {text}")

    def _end(self) -> None:
        if self._peek() is not None:
            raise ParseError(f"syntax error: unexpected {self.tokens[self.at][1]}")


def regex(text: str) -> re.Pattern[str]:
    """A regular expression, if RE2 would take it too."""
    if NOT_RE2.search(text):
        raise ParseError(f"error parsing regexp: invalid or unsupported Perl syntax: `{text}`")
    try:
        return re.compile(text)
    except re.error as error:
        raise ParseError(f"error parsing regexp: {error}") from error
