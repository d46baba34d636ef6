"""Label conditions of metrics, tried on the labels of series."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from sre_copilot_exposition.series import Labels
from sre_copilot_hookspecs import Dialect, Matcher, MatchOperator, Metric
from sre_copilot_hookspecs.wire import TARGET_LABELS, conditions_of

_PUNCTUATION = re.compile(r"[^a-zA-Z0-9_]")


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


def series_test(metric: Metric, dialect: Dialect) -> Callable[[Labels], bool]:
    """Whether the labels of a series meet every condition of a metric, apart from those on its target."""
    tests = [
        (matcher.label, label_test(matcher, raw=dialect.raw_label_values)) for matcher in conditions_of(dialect, metric)
    ]
    return lambda labels: all(test(labels.get(label, "")) for label, test in tests)


def target_test(matchers: Iterable[Matcher]) -> Callable[[Labels], bool]:
    """Whether the labels of a target meet the conditions on targets."""
    tests: Sequence[tuple[str, Callable[[str], bool]]] = [
        (matcher.label, matcher.meets) for matcher in matchers if matcher.label in TARGET_LABELS
    ]
    return lambda labels: all(test(labels[label]) for label, test in tests)
