"""Which dialect processes speak, found out from the names and the bucket bounds that they offer."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from sre_copilot_hookspecs.dialects import Dialect
from sre_copilot_hookspecs.metrics import Metric, Timer
from sre_copilot_hookspecs.wire import BUCKET, is_offered, wire_name

_ENOUGH_TO_DOUBT = 10
# Worse than a ladder that begins elsewhere, better than a wrong unit, which is off by three powers of ten.
_MISFIT_OF_NO_EXPECTATION = 1.5

FirstBounds = Mapping[str, float]
"""The lowest bucket bound of families, by their names on the wire."""


def is_foreign(matched: int, asked: int) -> bool:
    """Whether processes are something else altogether than what they are taken for.

    Most counters do not exist before their first event, so a missing one says nothing. But a process that has
    not one of many is not the process that we take it for, and its missing counters are not zero.

    :param matched: how many of the metrics asked for are offered.
    """
    return matched == 0 and asked >= _ENOUGH_TO_DOUBT


def rivals(
    dialects: Sequence[Dialect], metrics: Collection[Metric], names: Collection[str]
) -> tuple[list[Dialect], int]:
    """The dialects that explain most of the offered names, and how many.

    :param dialects: at least one, all of the emitter that the processes are taken for.
    """
    matched = [sum(is_offered(dialect, metric, names) for metric in metrics) for dialect in dialects]
    best = max(matched)
    return [dialect for dialect, count in zip(dialects, matched, strict=True) if count == best], best


def timers_of(dialects: Iterable[Dialect], metrics: Collection[Metric], names: Collection[str]) -> list[str]:
    """The families of buckets whose bounds tell the unit of timers."""
    found = {wire_name(dialect, each) for dialect in dialects for each in metrics if isinstance(each, Timer)}
    return sorted(name for name in found if name + BUCKET in names)


def best_fit(dialects: Sequence[Dialect], metrics: Collection[Metric], bounds: FirstBounds) -> Dialect:
    """Of dialects that explain equally much the one whose timers fit best."""
    return min(dialects, key=lambda dialect: _misfit(dialect, metrics, bounds))


def _misfit(dialect: Dialect, metrics: Iterable[Metric], bounds: FirstBounds) -> float:
    """How far, in powers of ten, first bucket bounds are from what the dialect says."""
    names = {wire_name(dialect, metric) for metric in metrics if isinstance(metric, Timer)}
    found = [bounds[name] for name in sorted(names) if name in bounds]
    expected = dialect.first_timer_bound
    if expected is None:
        return len(found) * _MISFIT_OF_NO_EXPECTATION
    return math.fsum(abs(math.log10(bound / expected)) for bound in found)
