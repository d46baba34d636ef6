"""Which dialect a target speaks, found out from what it offers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import attrs

from sre_copilot_exposition.exposition_text import Offer
from sre_copilot_exposition.needs import Needs
from sre_copilot_hookspecs import Dialect
from sre_copilot_hookspecs.detection import FirstBounds, best_fit, is_foreign, rivals, timers_of
from sre_copilot_hookspecs.wire import BUCKET

_BOUND = re.compile(rb'[{,][ \t]*le="([^"]*)"')
_MOST_TIMERS = 20  # that are looked at for their unit


@attrs.frozen
class Detected:
    """A dialect, and how sure it is."""

    dialect: Dialect
    matched: int
    """Metrics asked for that the target offers."""
    asked: int

    @property
    def foreign(self) -> bool:
        """Whether the target is something else altogether."""
        return is_foreign(self.matched, self.asked)


def detect(dialects: Sequence[Dialect], needs: Needs, offer: Offer) -> Detected:
    """The dialect that explains most of the offered names; of several, the one whose timers fit best.

    :param dialects: at least one, all of the emitter that the target is taken for.
    """
    metrics = needs.metrics
    best, matched = rivals(dialects, metrics, offer.names)
    bounds = _first_bounds(timers_of(best, metrics, offer.names)[:_MOST_TIMERS], offer) if len(best) > 1 else {}
    return Detected(best_fit(best, metrics, bounds), matched, len(metrics))


def _first_bounds(timers: Iterable[str], offer: Offer) -> FirstBounds:
    found: dict[str, float] = {}
    for name in timers:
        bound = _BOUND.search(offer.lines[name + BUCKET][0]) if name + BUCKET in offer.lines else None
        try:
            first = float(bound[1]) if bound else 0.0
        except ValueError:
            continue
        if first > 0 and math.isfinite(first):
            found[name] = first
    return found
