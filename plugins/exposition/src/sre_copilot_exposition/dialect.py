"""Which dialect a target speaks, found out from what it offers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from sre_copilot_exposition.exposition_text import Offer
from sre_copilot_exposition.wire import BUCKET, COUNT, Needs, wire_name
from sre_copilot_hookspecs import Dialect, Metric, Timer

_BOUND = re.compile(rb'[{,][ \t]*le="([^"]*)"')
_ENOUGH_TO_DOUBT = 10
_MOST_TIMERS = 20  # that are looked at for their unit
# Worse than a ladder that begins elsewhere, better than a wrong unit, which is off by three powers of ten.
_MISFIT_OF_NO_EXPECTATION = 1.5


@attrs.frozen
class Detected:
    """A dialect, and how sure it is."""

    dialect: Dialect
    matched: int
    """Metrics asked for that the target offers."""
    asked: int

    @property
    def foreign(self) -> bool:
        """Whether the target is something else altogether.

        Most counters do not exist before their first event, so a missing one says nothing. But a process that
        has not one of many is not the process that we take it for, and its missing counters are not zero.
        """
        return self.matched == 0 and self.asked >= _ENOUGH_TO_DOUBT


def detect(dialects: Sequence[Dialect], needs: Needs, offer: Offer) -> Detected:
    """The dialect that explains most of the offered names; of several, the one whose timers fit best.

    :param dialects: at least one, all of the emitter that the target is taken for.
    """
    metrics = needs.metrics
    matched = [sum(is_offered(wire_name(dialect, m), offer.names) for m in metrics) for dialect in dialects]
    best = max(matched)
    rivals = [dialect for dialect, count in zip(dialects, matched, strict=True) if count == best]
    chosen = rivals[0] if len(rivals) == 1 else min(rivals, key=lambda rival: _misfit(rival, metrics, offer))
    return Detected(chosen, best, len(metrics))


def is_offered(name: str, offered: frozenset[str]) -> bool:
    """Whether a family is there, by its own name or by that of a histogram's samples."""
    return name in offered or name + BUCKET in offered or name + COUNT in offered


def _misfit(dialect: Dialect, metrics: Iterable[Metric], offer: Offer) -> float:
    """How far, in powers of ten, first bucket bounds are from what the dialect says."""
    bounds = list(_first_bounds(dialect, metrics, offer))
    expected = dialect.first_timer_bound
    if expected is None:
        return len(bounds) * _MISFIT_OF_NO_EXPECTATION
    return math.fsum(abs(math.log10(bound / expected)) for bound in bounds)


def _first_bounds(dialect: Dialect, metrics: Iterable[Metric], offer: Offer) -> Iterator[float]:
    names = sorted(wire_name(dialect, metric) + BUCKET for metric in metrics if isinstance(metric, Timer))
    found = [offer.lines[name][0] for name in names if name in offer.lines]
    for line in found[:_MOST_TIMERS]:
        bound = _BOUND.search(line)
        try:
            first = float(bound[1]) if bound else 0.0
        except ValueError:
            continue
        if first > 0 and math.isfinite(first):
            yield first
