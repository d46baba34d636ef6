"""The scale band: how much the cluster carries, and so which thresholds hold."""

from __future__ import annotations

from sre_copilot_hookspecs import Band, Reading, ScaleRule

_ORDER = tuple(Band)


def plain_band(rule: ScaleRule, value: float) -> Band:
    """The band of a value when there is no band to come from."""
    if value >= rule.high_throughput_from:
        return Band.HIGH_THROUGHPUT
    return Band.MID_SCALE if value >= rule.mid_scale_from else Band.STARTER


def asked_of(rule: ScaleRule, reading: Reading) -> float | None:
    """What is asked of a cluster, in the unit of the scale signal: 0 without a signal for it, ``None`` if unread."""
    if rule.demand is None:
        return 0.0
    asked = reading.value(rule.demand)
    return None if asked is None else asked * rule.per_demand


def next_band(
    rule: ScaleRule,
    band: Band | None,
    value: float | None,
    low_cycles: int,
    *,
    calm: bool,
    asked: float | None = 0.0,
) -> tuple[Band, int]:
    """The band to judge by now, and the consecutive calm cycles below its lower boundary.

    :param value: the scale signal, ``None`` when it cannot be read: then nothing moves.
    :param calm: whether the cluster was Happy; a band never falls otherwise, because lost throughput looks
        exactly like low demand and must not loosen the thresholds that would catch it.
    :param asked: what :func:`asked_of` says. While it is beyond the boundary, or unread, a band does not fall.

    A band rises at once past its boundary by the hysteresis, one step a cycle, and falls one step after
    ``rule.fall_cycles`` calm cycles below it.
    """
    if band is None:
        return (plain_band(rule, value) if value is not None else Band.STARTER), 0
    if value is None:
        return band, low_cycles
    position = _ORDER.index(band)
    boundaries = (rule.mid_scale_from, rule.high_throughput_from)
    if position < len(boundaries) and value >= _apart(rule, boundaries[position], 1):
        return _ORDER[position + 1], 0
    if position == 0 or not calm:
        return band, 0
    if asked is None:
        return band, low_cycles
    if max(value, asked) >= _apart(rule, boundaries[position - 1], -1):
        return band, 0
    if low_cycles + 1 < rule.fall_cycles:
        return band, low_cycles + 1
    return _ORDER[position - 1], 0


def _apart(rule: ScaleRule, boundary: float, side: int) -> float:
    # Not boundary * 1.1: in floats that is a hair above 55 for a boundary of 50.
    return boundary + side * (boundary * rule.hysteresis)
