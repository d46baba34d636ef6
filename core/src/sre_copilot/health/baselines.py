"""What is usual for a signal: the median of its values while nothing was wrong.

It lives in the memory and nowhere else, so that it survives a restart and a decision can be computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sre_copilot.health.memory import BASELINE_LENGTH, Baseline
from sre_copilot_hookspecs import Gate, Reading, Sample

LEAST = 4
"""Calm cycles before anything is called usual."""
FORGOTTEN_AFTER = 2880
"""Cycles without a calm one, a day of 30 s, after which the present is learned as what is usual."""


def compared(gates: Iterable[Gate]) -> tuple[str, ...]:
    """The signals that some gate compares with their own past."""
    return tuple(sorted({gate.signal for gate in gates if gate.relative}))


def usual(baselines: Iterable[Baseline]) -> Mapping[str, float]:
    """The usual value of every signal that was seen in enough calm cycles."""
    return {baseline.signal: _median(baseline.values) for baseline in baselines if len(baseline.values) >= LEAST}


def _median(values: tuple[float, ...]) -> float:
    # That of the standard library takes three times as long, which is felt in every cycle.
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def learn(
    before: tuple[Baseline, ...], signals: tuple[str, ...], reading: Reading, *, calm: bool
) -> tuple[Baseline, ...]:
    """The baselines after this cycle.

    :param calm: whether the cycle shows the cluster as it should be; nothing is learned from any other.
    """
    known = {baseline.signal: baseline for baseline in before}
    learned = []
    for signal in signals:
        found = reading.samples.get(signal)
        value = found.value if isinstance(found, Sample) else None
        baseline = _next(known.get(signal) or Baseline(signal, ()), value, calm=calm)
        if baseline.values:
            learned.append(baseline)
    return tuple(learned)


def _next(baseline: Baseline, value: float | None, *, calm: bool) -> Baseline:
    if calm and value is not None:
        # Six digits are more than a comparison needs and keep the memory small.
        return Baseline(baseline.signal, (*baseline.values[1 - BASELINE_LENGTH :], float(f"{value:.6g}")))
    if baseline.unlearned + 1 >= FORGOTTEN_AFTER:
        return Baseline(baseline.signal, ())
    return Baseline(baseline.signal, baseline.values, baseline.unlearned + 1)
