"""Every LogQL query that is sent.

A regular expression in LogQL is RE2, matched anywhere in the line as it is stored. Temporal's lines are JSON, so
a quoted word in a message stands there with backslashes; both forms are looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from sre_copilot_hookspecs import LogPattern

PATTERN_LABEL = "sre_copilot_pattern"
"""The label by which counts of several patterns are told apart in one answer."""

ALL_LINES = ""
"""The value of that label for the count of all lines."""

LONGEST_QUERY = 2_500
"""Characters: encoded in an address it stays below the 8 kB that proxies allow."""

WORDS_OF_TROUBLE = "warn|error|fatal|panic"
"""What a line above the level info contains, whatever its format."""


def lines_query(selector: str) -> str:
    """Every line of the selected streams."""
    return selector


def sample_query(selector: str, patterns: Sequence[LogPattern]) -> str:
    """Lines that a pattern may know, and those that seem to tell of trouble."""
    # One expression, because two filters behind each other both have to hold.
    known = [_expression(pattern) for pattern in patterns]
    while known and len("|".join(known)) > LONGEST_QUERY:
        known.pop()
    return f"{selector} |~ {_string('(?i)(?:' + '|'.join([WORDS_OF_TROUBLE, *known]) + ')')}"


def count_queries(
    selector: str, service_label: str, patterns: Sequence[LogPattern], milliseconds: int
) -> Iterator[str]:
    """Queries that together count the lines of each pattern, by service, and all lines, in a span of time.

    :param milliseconds: length of the span, which ends with the time of the query.
    """
    parts = [_counted(selector, service_label, ALL_LINES, milliseconds)]
    for pattern in patterns:
        filtered = f"{selector} |~ {_string('(?i)' + _expression(pattern))}"
        part = _counted(filtered, service_label, pattern.key, milliseconds)
        if len(_union([*parts, part])) > LONGEST_QUERY:
            yield _union(parts)
            parts = []
        parts.append(part)
    yield _union(parts)


def _counted(lines: str, service_label: str, key: str, milliseconds: int) -> str:
    counted = f"sum by ({service_label}) (count_over_time({lines} [{milliseconds}ms]))"
    return f'label_replace({counted}, "{PATTERN_LABEL}", {_string(key)}, "", "")'


def _union(parts: Sequence[str]) -> str:
    return " or ".join(parts)


def _expression(pattern: LogPattern) -> str:
    if pattern.expression:
        return f"(?:{pattern.expression})"
    plain = _literal(pattern.contains)
    stored = _literal(json.dumps(pattern.contains)[1:-1])
    return plain if plain == stored else f"(?:{plain}|{stored})"


def _literal(text: str) -> str:
    # re.escape also escapes characters such as the space and the hyphen, which RE2 takes for an error.
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _string(text: str) -> str:
    # A string of LogQL is one of Go, which knows all escapes of JSON but the slash's.
    return json.dumps(text, ensure_ascii=False)
