"""What one cycle brought in: the reading, what evaluators found in it, and what went wrong on the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs
from whenever import Instant

from sre_copilot_hookspecs import Finding, Missing, MissingReason, Reading, Sample


@attrs.frozen
class Problem:
    """A plugin that failed, hung or was suspended in this cycle."""

    plugin: str
    where: str
    """The hook or object, such as ``evaluator temporal.saturation``."""
    says: str


@attrs.frozen
class Observation:
    """Everything a decision is made from, besides the ruleset and the memory."""

    reading: Reading
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    elapsed: float = 0.0
    """Seconds the observation took."""
    answered: Mapping[str, str] = attrs.field(factory=dict)
    """By signal, the key of the source whose answer it is, a value or a reason."""

    @property
    def at(self) -> Instant:
        """The instant the observation speaks of."""
        return self.reading.at

    @property
    def cluster(self) -> str:
        """The observed cluster's name."""
        return self.reading.cluster


def fresh(reading: Reading, stale_after: float, signals: Collection[str]) -> Reading:
    """The reading with every sample that no longer speaks of now as missing, because it is stale.

    :param stale_after: seconds.
    :param signals: those that are looked at.
    """
    samples = reading.samples
    ages = [found.age for found in map(samples.get, signals) if isinstance(found, Sample)]
    if max(ages, default=0.0) <= stale_after:
        return reading
    found = {key: samples.get(key) for key in signals}
    stale = {
        key: Missing(MissingReason.STALE, f"its newest sample is {one.age:.0f} s old.")
        for key, one in found.items()
        if isinstance(one, Sample) and one.age > stale_after
    }
    return attrs.evolve(reading, samples={**samples, **stale})
