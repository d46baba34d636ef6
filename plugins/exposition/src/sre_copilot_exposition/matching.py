"""Label conditions of metrics, tried on the labels of series."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sre_copilot_exposition.series import Labels
from sre_copilot_hookspecs import Matcher, MatchOperator

_PUNCTUATION = re.compile(r"[^a-zA-Z0-9_]")
TARGET_LABELS = ("role", "instance")
"""Labels that tell targets apart; conditions on them select targets, all others series."""


def label_test(matcher: Matcher, *, raw: bool = True) -> Callable[[str], bool]:
    """Whether a label value meets the condition; an absent label counts as empty.

    :param raw: whether label values keep their punctuation on the wire. Where they do not, a condition on
        ``serviceerror.NotFound`` is met by ``serviceerror_NotFound`` as well.
    """
    if matcher.operator in (MatchOperator.MATCHES, MatchOperator.NOT_MATCHES):
        pattern = re.compile(matcher.value, re.DOTALL)
        wanted = matcher.operator is MatchOperator.MATCHES
        return lambda value: (pattern.fullmatch(value) is not None) is wanted
    spellings = {matcher.value} if raw else {matcher.value, _PUNCTUATION.sub("_", matcher.value)}
    if matcher.operator is MatchOperator.EQUAL:
        return lambda value: value in spellings
    return lambda value: value not in spellings


def series_test(matchers: Iterable[Matcher], *, raw: bool) -> Callable[[Labels], bool]:
    """Whether the labels of a series meet every condition, apart from those on its target."""
    tests = [
        (matcher.label, label_test(matcher, raw=raw)) for matcher in matchers if matcher.label not in TARGET_LABELS
    ]
    return lambda labels: all(test(labels.get(label, "")) for label, test in tests)


def target_test(matchers: Iterable[Matcher]) -> Callable[[Labels], bool]:
    """Whether the labels of a target meet the conditions on targets."""
    tests = [(matcher.label, label_test(matcher)) for matcher in matchers if matcher.label in TARGET_LABELS]
    return lambda labels: all(test(labels[label]) for label, test in tests)
