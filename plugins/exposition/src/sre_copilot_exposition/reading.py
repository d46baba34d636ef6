"""Signals to samples: dimensions, floors, the worst value, and reasons."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_exposition.evaluate import Evaluator
from sre_copilot_exposition.outcome import Key, Outcome, Value
from sre_copilot_exposition.rate import total
from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Sample, Signal, Worst


def answer(signal: Signal, evaluator: Evaluator) -> Sample | Missing:
    """The sample of a signal, or why there is none."""
    if signal.measure is None:
        return Missing(MissingReason.REJECTED, f"Direct scraping does not know the probe of {signal.key}.")
    outcome = evaluator.evaluate(signal.measure)
    if outcome.unknown and outcome.why is not None:
        return outcome.why
    if not signal.dimensions:
        return _sample(outcome.values[()], outcome, evaluator.at)
    values = _above_floor(signal, outcome, evaluator)
    if isinstance(values, Missing):
        return values
    return _labelled(signal, values, outcome, evaluator.at)


def _sample(value: Value, outcome: Outcome, at: int) -> Sample:
    return Sample(value.number, _age(value, at), note=_note(value.note, outcome))


def _above_floor(signal: Signal, outcome: Outcome, evaluator: Evaluator) -> Mapping[Key, Value] | Missing:
    if signal.floor is None:
        return outcome.values
    floor = evaluator.evaluate(signal.floor.measure)
    if floor.unknown and floor.why is not None:
        return floor.why
    kept = {
        key: value
        for key, value in outcome.values.items()
        if key in floor.values and floor.values[key].number >= signal.floor.at_least
    }
    if kept:
        return kept
    labels = " and ".join(signal.dimensions)
    return Missing(
        MissingReason.NO_DATA,
        f"No {labels} reaches the floor: {signal.floor.measure!r} of at least {signal.floor.at_least:g}.",
    )


def _labelled(signal: Signal, values: Mapping[Key, Value], outcome: Outcome, at: int) -> Sample | Missing:
    if not values:
        if signal.worst is Worst.LOWEST:
            # The smallest of none is not zero: nobody would be there to be blamed for it.
            labels = " and ".join(signal.dimensions)
            return Missing(MissingReason.NO_DATA, f"There is no {labels} with {signal.measure!r} yet.")
        return Sample(0.0, note=_note("", outcome))
    names = sorted(signal.dimensions)
    sign = 1 if signal.worst is Worst.LOWEST else -1
    ranked = sorted(values.items(), key=lambda item: (sign * item[1].number, item[0]))
    series = tuple(
        LabelledValue(tuple(zip(names, key, strict=True)), value.number) for key, value in ranked[: signal.cap]
    )
    newest = max(values.values(), key=lambda value: value.at)
    if signal.worst is Worst.SUM:
        number, note = total(value.number for value in values.values()), ""
    else:
        number, note = ranked[0][1].number, ranked[0][1].note
    return Sample(number, _age(newest, at), series, len(ranked) - len(series), _note(note, outcome))


def _age(value: Value, at: int) -> float:
    return max(0.0, (at - value.at) / 1000)


def _note(note: str, outcome: Outcome) -> str:
    return "; ".join(filter(None, (note, *outcome.notes)))
