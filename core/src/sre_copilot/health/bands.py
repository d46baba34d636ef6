"""The scale band: how much the cluster carries, and so which thresholds hold."""

from __future__ import annotations

from sre_copilot_hookspecs import Band, Reading, ScaleRule

_ORDER = tuple(Band)


def plain_band(rule: ScaleRule, value: float) -> Band:
    """The band of a value when there is no band to come from."""
    if value >= rule.high_throughput_from:
        return Band.HIGH_THROUGHPUT
    return Band.MID_SCALE if value >= rule.mid_scale_from else Band.STARTER


def carried_by(rule: ScaleRule, reading: Reading) -> float | None:
    """How much a cluster carries: what it does, or what is asked of it where that is more."""
    done = reading.value(rule.signal)
    asked = reading.value(rule.demand) if rule.demand is not None else None
    if done is None or asked is None:
        # Without its demand a cluster might only seem small, and a band moves on no half-seen reading.
        return done if rule.demand is None else None
    return max(done, asked * rule.per_demand)


def next_band(
    rule: ScaleRule, band: Band | None, value: float | None, low_cycles: int, *, calm: bool
) -> tuple[Band, int]:
    """The band to judge by now, and the consecutive calm cycles below its lower boundary.

    :param value: what :func:`carried_by` says, ``None`` when it cannot be read: then nothing moves.
    :param calm: whether the cluster was Happy; a band never falls otherwise, because lost throughput looks
        exactly like low demand and must not loosen the thresholds that would catch it.

    A band rises at once past its boundary by the hysteresis, one step a cycle, and falls one step after
    ``rule.fall_cycles`` calm cycles below it.
    """
    if band is None:
        return (plain_band(rule, value) if value is not None else Band.STARTER), 0
    if value is None:
        return band, low_cycles
    position = _ORDER.index(band)
    boundaries = (rule.mid_scale_from, rule.high_throughput_from)
    if position < len(boundaries) and value >= boundaries[position] * (1 + rule.hysteresis):
        return _ORDER[position + 1], 0
    if position == 0 or not calm or value >= boundaries[position - 1] * (1 - rule.hysteresis):
        return band, 0
    if low_cycles + 1 < rule.fall_cycles:
        return band, low_cycles + 1
    return _ORDER[position - 1], 0
