"""Where the key signals are going, told from the values that the memory keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sre_copilot.health.decision import Trend, TrendDirection
from sre_copilot.health.memory import TRACK_LENGTH, Recent
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sight import watched_signals
from sre_copilot_hookspecs import Category, Direction, Gate, Level, Reading, Sample

_LEAST = 4
"""Values before anything is said about a trend."""
_CHANGE = 0.10
"""Share by which the second half must differ from the first."""


def tracked_signals(ruleset: Ruleset) -> tuple[str, ...]:
    """The signals of which it is known on which side they are worse, demand first."""
    demand = tuple(rule.key for rule in ruleset.signals if rule.category is Category.DEMAND)
    worse = _worse_sides(ruleset.gates)
    return tuple(signal for signal in dict.fromkeys((*demand, *watched_signals(ruleset))) if signal in worse)


def extend(recent: Recent, tracked: tuple[str, ...], reading: Reading) -> Recent:
    """The newest values with those of this reading; a signal that cannot be read leaves a gap, not a zero."""
    rows = recent.rows if recent.signals == tracked else _reordered(recent, tracked)
    newest = rows[-1] if rows else (None,) * len(tracked)
    found = zip(map(reading.samples.get, tracked), newest, strict=True)
    row = tuple([_short(one.value, before) if isinstance(one, Sample) else None for one, before in found])
    return Recent(tracked, (*rows[1 - TRACK_LENGTH :], row))


def _short(value: float, before: float | None) -> float:
    """Six digits are more than a trend needs and keep the memory small; what stays as it is has no more already."""
    return value if value == before else float(f"{value:.6g}")


def _reordered(recent: Recent, tracked: tuple[str, ...]) -> tuple[tuple[float | None, ...], ...]:
    """What is remembered, as rules that track other signals would remember it."""
    by_signal = [dict(zip(recent.signals, row, strict=True)) for row in recent.rows]
    return tuple(tuple(values.get(signal) for signal in tracked) for values in by_signal)


def trends(gates: Iterable[Gate], recent: Recent) -> tuple[Trend, ...]:
    """The direction of each signal with enough values, judged by the side on which its gates fire."""
    worse, found = _worse_sides(gates), []
    for place, signal in enumerate(recent.signals):
        values = [value for row in recent.rows if (value := row[place]) is not None]
        if signal in worse and len(values) >= _LEAST:
            found.append(Trend(signal, _direction(values, worse[signal])))
    return tuple(found)


def _worse_sides(gates: Iterable[Gate]) -> dict[str, Direction]:
    """On which side the gates of each signal fire."""
    return {gate.signal: gate.direction for gate in gates if gate.level in (Level.CRITICAL, Level.STRESSED)}


def _direction(values: list[float], worse: Direction) -> TrendDirection:
    half = len(values) // 2
    # fsum: a plain sum of floats changed between Python versions, and equal inputs must be told equally.
    first = math.fsum(values[:half]) / half
    change = math.fsum(values[-half:]) / half - first
    # Where both are zero the change is, too.
    if abs(change) <= _CHANGE * abs(first):
        return TrendDirection.STABLE
    return TrendDirection.WORSENING if (change > 0) == (worse is Direction.ABOVE) else TrendDirection.IMPROVING
