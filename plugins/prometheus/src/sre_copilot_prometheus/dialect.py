"""Which dialect the processes of a role speak, found out from the names that Prometheus has of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import attrs

from sre_copilot_hookspecs import Dialect, Metric, Timer
from sre_copilot_prometheus.wire import BUCKET, COUNT, wire_name

_ENOUGH_TO_DOUBT = 10
# Worse than a ladder that begins elsewhere, better than a wrong unit, which is off by three powers of ten.
_MISFIT_OF_NO_EXPECTATION = 1.5

FirstBounds = Mapping[str, float]
"""The lowest bucket bound of families, by their names on the wire."""


@attrs.frozen
class Detected:
    """A dialect, and how sure it is."""

    dialect: Dialect
    names: frozenset[str] = frozenset()
    """What the role offers; empty while that is not known."""
    matched: int = 0
    """Metrics asked for that are offered."""
    asked: int = 0
    certain: bool = True
    """Whether another look may come to another result only after a change."""

    @property
    def foreign(self) -> bool:
        """Whether the processes are something else altogether.

        Most counters do not exist before their first event, so a missing one says nothing. But processes that
        have not one of many are not those we take them for, and their missing counters are not zero.
        """
        return bool(self.names) and self.matched == 0 and self.asked >= _ENOUGH_TO_DOUBT

    def offers(self, metric: Metric) -> bool:
        """Whether a family is there; true while that is not known."""
        return not self.names or is_offered(wire_name(self.dialect, metric), self.names)


def is_offered(name: str, offered: frozenset[str]) -> bool:
    """Whether a family is there, by its own name or by that of a histogram's samples."""
    return name in offered or name + BUCKET in offered or name + COUNT in offered


def rivals(dialects: Sequence[Dialect], metrics: Iterable[Metric], names: frozenset[str]) -> tuple[list[Dialect], int]:
    """The dialects that explain most of the offered names, and how many."""
    asked = tuple(metrics)
    matched = [sum(is_offered(wire_name(dialect, metric), names) for metric in asked) for dialect in dialects]
    best = max(matched)
    return [dialect for dialect, count in zip(dialects, matched, strict=True) if count == best], best


def timers_of(dialects: Iterable[Dialect], metrics: Iterable[Metric], names: frozenset[str]) -> list[str]:
    """The families of buckets whose bounds tell the unit of timers."""
    asked = tuple(metrics)
    found = {wire_name(dialect, each) for dialect in dialects for each in asked if isinstance(each, Timer)}
    return sorted(name for name in found if name + BUCKET in names)


def best_fit(dialects: Sequence[Dialect], metrics: Iterable[Metric], bounds: FirstBounds) -> Dialect:
    """Of dialects that explain equally much the one whose timers fit best."""
    asked = tuple(metrics)
    return min(dialects, key=lambda dialect: _misfit(dialect, asked, bounds))


def _misfit(dialect: Dialect, metrics: Sequence[Metric], bounds: FirstBounds) -> float:
    """How far, in powers of ten, first bucket bounds are from what the dialect says."""
    names = {wire_name(dialect, metric) for metric in metrics if isinstance(metric, Timer)}
    found = [bounds[name] for name in names if name in bounds]
    expected = dialect.first_timer_bound
    if expected is None:
        return len(found) * _MISFIT_OF_NO_EXPECTATION
    return math.fsum(abs(math.log10(bound / expected)) for bound in found)
