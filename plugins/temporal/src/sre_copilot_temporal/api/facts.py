"""From what the API told to a sample with series: grouped, sorted and capped as the signal asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import attrs

from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Sample, Signal, Worst


@attrs.frozen
class Fact:
    """One number the API told, in the unit of its signal."""

    value: float = attrs.field(converter=float)
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Answer:
    """All facts about one signal."""

    facts: tuple[Fact, ...]
    age: float = 0.0
    """Seconds since the newest of them was told."""
    note: str = ""
    together: Worst = Worst.SUM
    """How facts become one value, where the signal does not say."""
    of_nothing: float | None = None
    """The value where there are no facts, such as a backlog without task queues."""
    nothing: str = ""
    """Why there is no value, where there are no facts and ``of_nothing`` is not given."""


_TOGETHER: Mapping[Worst, Callable[[Iterable[float]], float]] = {
    Worst.SUM: math.fsum,
    Worst.HIGHEST: max,
    Worst.LOWEST: min,
}


def sample_of(signal: Signal, answer: Answer) -> Sample | Missing:
    """The answer in the shape the signal declares."""
    facts = [fact for fact in answer.facts if math.isfinite(fact.value)]
    worst = signal.worst or answer.together
    if not facts:
        return _of_nothing(answer)
    value = _TOGETHER[worst](fact.value for fact in facts)
    series = _series(facts, signal.dimensions, worst)
    return Sample(
        value=value,
        age=answer.age,
        series=series[: signal.cap],
        dropped=max(0, len(series) - signal.cap),
        note=answer.note,
    )


def _of_nothing(answer: Answer) -> Sample | Missing:
    if answer.of_nothing is None:
        return Missing(MissingReason.NO_DATA, answer.nothing)
    return Sample(value=answer.of_nothing, age=answer.age, note=answer.note)


def _series(facts: Iterable[Fact], dimensions: tuple[str, ...], worst: Worst) -> tuple[LabelledValue, ...]:
    if not dimensions:
        return ()
    groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for fact in facts:
        labels = tuple((name, fact.labels.get(name, "")) for name in sorted(dimensions))
        groups.setdefault(labels, []).append(fact.value)
    values = [LabelledValue(labels, _TOGETHER[worst](group)) for labels, group in groups.items()]
    lowest_first = worst is Worst.LOWEST
    return tuple(sorted(values, key=lambda found: (found.value if lowest_first else -found.value, found.labels)))
