"""Signals with windows that fit a cluster's cycle."""

from __future__ import annotations

import math
from collections.abc import Iterable

import attrs

from sre_copilot_hookspecs import Expr, Signal

DECLARED_FOR = 30.0
"""Seconds of the cycle that measures are declared for."""

SAMPLES = 4
"""Cycles that every window spans at least: two samples of a rate, and two that may be late or lost."""


def fit(signals: Iterable[Signal], cycle: float) -> tuple[Signal, ...]:
    """The signals as a cluster with this cycle is asked for them.

    Windows shrink with a shorter cycle, so that trouble shows as many cycles after it began as anywhere else.
    With a longer one only those grow that would hold too few samples.
    """
    return tuple(_fit(signal, cycle) for signal in signals)


def _fit(signal: Signal, cycle: float) -> Signal:
    if signal.measure is None:
        return signal
    floor = signal.floor
    return attrs.evolve(
        signal,
        measure=_scaled(signal.measure, cycle),
        floor=attrs.evolve(floor, measure=_scaled(floor.measure, cycle)) if floor is not None else None,
    )


def _scaled(measure: Expr, cycle: float) -> Expr:
    return measure.scaled(min(1.0, cycle / DECLARED_FOR), at_least=math.ceil(SAMPLES * cycle))
