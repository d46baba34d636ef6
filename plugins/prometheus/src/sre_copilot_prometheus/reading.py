"""Signals to samples: dimensions, floors, the worst value, and reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sre_copilot_hookspecs import Expr, LabelledValue, Missing, MissingReason, Sample, Signal, Worst
from sre_copilot_prometheus.findings import Findings, Key


def answer(signal: Signal, findings: Findings) -> Sample | Missing:
    """The sample of a signal, or why there is none."""
    measure = signal.measure
    if measure is None:
        return Missing(MissingReason.REJECTED, f"Prometheus does not know the probe of {signal.key}.")
    values = findings.values(measure)
    if isinstance(values, Missing):
        return values
    if not signal.dimensions:
        return Sample(values[()], findings.age(measure), note=_note(measure, findings, values[()]))
    counted = _above_floor(signal, values, findings)
    return counted if isinstance(counted, Missing) else _labelled(signal, measure, counted, findings)


def _note(measure: Expr, findings: Findings, value: float | None = None) -> str:
    return "; ".join(findings.notes(measure, value))


def _above_floor(signal: Signal, values: Mapping[Key, float], findings: Findings) -> Mapping[Key, float] | Missing:
    if signal.floor is None:
        return values
    floor = findings.values(signal.floor.measure)
    if isinstance(floor, Missing):
        return floor
    kept = {key: value for key, value in values.items() if floor.get(key, -math.inf) >= signal.floor.at_least}
    if kept:
        return kept
    labels = " and ".join(signal.dimensions)
    sentence = f"No {labels} reaches the floor: {signal.floor.measure!r} of at least {signal.floor.at_least:g}."
    return Missing(MissingReason.NO_DATA, sentence)


def _labelled(signal: Signal, measure: Expr, values: Mapping[Key, float], findings: Findings) -> Sample | Missing:
    if not values:
        if signal.worst is Worst.LOWEST:
            # The smallest of none is not zero: nobody would be there to be blamed for it.
            labels = " and ".join(signal.dimensions)
            return Missing(MissingReason.NO_DATA, f"There is no {labels} with {measure!r} yet.")
        return Sample(0.0, note=_note(measure, findings))
    sign = 1 if signal.worst is Worst.LOWEST else -1
    ranked = sorted(values.items(), key=lambda item: (sign * item[1], item[0]))
    series = tuple(
        LabelledValue(tuple(zip(measure.labels, key, strict=True)), value) for key, value in ranked[: signal.cap]
    )
    summed = signal.worst is Worst.SUM
    number = math.fsum(values.values()) if summed else ranked[0][1]
    note = _note(measure, findings, None if summed else number)
    return Sample(number, findings.age(measure), series, len(ranked) - len(series), note)
