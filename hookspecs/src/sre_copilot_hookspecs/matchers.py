"""Conditions on the labels of a metric."""

from __future__ import annotations

import enum
import re

import attrs

from sre_copilot_hookspecs.errors import DeclarationError

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""What metrics and labels may be called."""


class MatchOperator(enum.Enum):
    """How a label value is matched; the regular expressions are anchored, as in PromQL."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    NOT_MATCHES = "!~"


@attrs.frozen
class LabelValue:
    """What a label must be, other than equal to a plain string."""

    operator: MatchOperator
    value: str


def not_equal(value: str) -> LabelValue:
    """The label is absent or something else than ``value``."""
    return LabelValue(MatchOperator.NOT_EQUAL, value)


def matches(pattern: str) -> LabelValue:
    """The whole label value matches the regular expression (RE2 syntax)."""
    return LabelValue(MatchOperator.MATCHES, pattern)


def not_matches(pattern: str) -> LabelValue:
    """The label is absent or does not match the regular expression (RE2 syntax)."""
    return LabelValue(MatchOperator.NOT_MATCHES, pattern)


@attrs.frozen
class Matcher:
    """One label condition of a metric."""

    label: str
    operator: MatchOperator
    value: str

    def meets(self, value: str) -> bool:
        """Whether a label with that value fulfils the condition; an absent label counts as empty."""
        if self.operator in (MatchOperator.EQUAL, MatchOperator.NOT_EQUAL):
            return (value == self.value) is (self.operator is MatchOperator.EQUAL)
        matched = re.fullmatch(self.value, value, re.DOTALL) is not None
        return matched is (self.operator is MatchOperator.MATCHES)

    def __str__(self) -> str:
        escaped = self.value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        return f'{self.label}{self.operator.value}"{escaped}"'


def matchers_of(labels: dict[str, str | LabelValue]) -> tuple[Matcher, ...]:
    made = []
    for label, wanted in labels.items():
        if not NAME.fullmatch(label):
            raise DeclarationError(f"{label!r} is not a label name")
        if isinstance(wanted, str):
            wanted = LabelValue(MatchOperator.EQUAL, wanted)
        if wanted.operator in (MatchOperator.MATCHES, MatchOperator.NOT_MATCHES):
            _check_pattern(wanted.value)
        made.append(Matcher(label, wanted.operator, wanted.value))
    return tuple(sorted(made, key=str))


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise DeclarationError(f"{pattern!r} is not a regular expression: {error}") from None
    # RE2, which Prometheus uses, has no look-around and no back-references.
    if re.search(r"\(\?[=!<]|\\[1-9]", pattern):
        raise DeclarationError(f"{pattern!r} uses look-around or a back-reference, which Prometheus does not know")
