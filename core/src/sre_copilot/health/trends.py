"""Where the key signals are going."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sre_copilot.health.decision import Trend, TrendDirection
from sre_copilot.health.memory import TRACK_LENGTH, Track
from sre_copilot_hookspecs import Direction, Gate, Level, Reading, Sample

_LEAST = 4
"""Values before anything is said about a trend."""
_CHANGE = 0.10
"""Share by which the second half must differ from the first."""

# A name of this module is found three times as fast as an enum's member.
_ABOVE = Direction.ABOVE
_STABLE, _WORSENING, _IMPROVING = TrendDirection.STABLE, TrendDirection.WORSENING, TrendDirection.IMPROVING


def extend(tracks: tuple[Track, ...], watched: tuple[str, ...], reading: Reading) -> tuple[Track, ...]:
    """The tracks with this reading's values; a signal that cannot be read leaves a gap, not a zero."""
    before = {track.signal: track.values for track in tracks}
    extended, samples = [], reading.samples
    for signal in watched:
        found = samples.get(signal)
        values = before.get(signal, ())
        if isinstance(found, Sample):
            value = found.value
            # Six digits are more than a trend needs and keep the memory small.
            values = (*values[1 - TRACK_LENGTH :], float(f"{value:.6g}") if value else value)
        if values:
            extended.append(Track(signal, values))
    return tuple(extended)


def worse_sides(gates: tuple[Gate, ...]) -> dict[str, Direction]:
    """On which side the gates of each signal fire."""
    return {gate.signal: gate.direction for gate in gates if gate.level in (Level.CRITICAL, Level.STRESSED)}


def trends(tracks: tuple[Track, ...], worse: Mapping[str, Direction]) -> tuple[Trend, ...]:
    """The direction of each track with enough values, judged by the side on which its gates fire."""
    found = []
    for track in tracks:
        values, side = track.values, worse.get(track.signal)
        if side is not None and len(values) >= _LEAST:
            found.append(Trend(track.signal, _direction(values, side)))
    return tuple(found)


def _direction(values: tuple[float, ...], worse: Direction) -> TrendDirection:
    half = len(values) // 2
    # fsum: a plain sum of floats changed between Python versions, and equal inputs must decide equally.
    first = math.fsum(values[:half]) / half
    change = math.fsum(values[-half:]) / half - first
    # Where both are zero the change is, too.
    if abs(change) <= _CHANGE * abs(first):
        return _STABLE
    return _WORSENING if (change > 0) == (worse is _ABOVE) else _IMPROVING
