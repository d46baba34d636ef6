"""What was read: samples with their age, and missing values with their reason."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import attrs
from whenever import Instant

from sre_copilot_hookspecs.errors import DeclarationError

if TYPE_CHECKING:
    from sre_copilot_hookspecs.health import Threshold


class MissingReason(enum.Enum):
    """Why a signal has no value. Unknown is not zero."""

    UNREACHABLE = "unreachable"
    """The source did not answer in time, or refused the connection."""
    NO_DATA = "no_data"
    """The source answered, and there was nothing to compute with, such as a quantile of nothing."""
    WARMING_UP = "warming_up"
    """Too few samples yet: a rate needs two."""
    STALE = "stale"
    """The newest sample is too old to speak of now."""
    REJECTED = "rejected"
    """The source refused the question, or its answer could not be trusted."""
    NOT_EMITTED = "not_emitted"
    """This server or worker does not export the metric at all."""


@attrs.frozen
class LabelledValue:
    """One of several values of a signal."""

    labels: tuple[tuple[str, str], ...]
    """Pairs of label and value, sorted by label."""
    value: float


def _finite(_instance: object, _attribute: attrs.Attribute[float], value: float) -> None:
    if not math.isfinite(value):
        raise DeclarationError(f"a sample cannot be {value}; not a number and infinity are missing values")


@attrs.frozen
class Sample:
    """A finite value in the signal's unit, and how old it is."""

    value: float = attrs.field(validator=_finite, converter=float)
    age: float = attrs.field(default=0.0, converter=float)
    """Seconds between the newest measurement in it and the reading's instant."""
    series: tuple[LabelledValue, ...] = ()
    """Where the signal has dimensions: the values, worst first, at most the signal's cap."""
    dropped: int = 0
    """How many labelled values the cap left out."""
    note: str = ""
    """What a reader must know, such as "within one bucket from 1 s to 5 s"."""


@attrs.frozen
class Missing:
    """No value, for a reason."""

    reason: MissingReason
    detail: str = ""
    """One sentence for the person who has to mend it."""


@attrs.frozen
class Reading:
    """Everything that was asked of a cluster at one instant, answered or missing."""

    at: Instant
    cluster: str
    samples: Mapping[str, Sample | Missing]

    def sample(self, key: str) -> Sample | None:
        """The sample of a signal, or ``None`` where it is missing or was not asked."""
        found = self.samples.get(key)
        return found if isinstance(found, Sample) else None

    def value(self, key: str) -> float | None:
        """The value of a signal, or ``None`` where it is missing or was not asked."""
        found = self.sample(key)
        return None if found is None else found.value

    def missing(self) -> Iterator[tuple[str, Missing]]:
        """Every signal without a value, with its reason."""
        for key, found in self.samples.items():
            if isinstance(found, Missing):
                yield key, found


@attrs.frozen
class Window:
    """The last readings of one cluster, oldest first; what amplifier evaluators look at."""

    readings: tuple[Reading, ...]
    limits: Mapping[str, float] = attrs.field(factory=dict)
    """The numbers of the rules that decide, by threshold key, for the scale band that the cluster is in."""

    @property
    def latest(self) -> Reading:
        """The newest reading.

        :raises IndexError: if there is none yet.
        """
        return self.readings[-1]

    def limit(self, threshold: Threshold) -> float:
        """The number to compare with: that of the rules, where they have one, or the declared one.

        :param threshold: declared through ``copilot_threshold_profiles``, so that it is part of the rules: an operator
            can set another number, a back-test can try one, and every decision's digest stands for it.
        """
        return self.limits.get(threshold.key, threshold.starter)

    def values(self, key: str) -> tuple[float, ...]:
        """The values of one signal that could be read, oldest first."""
        found = (reading.value(key) for reading in self.readings)
        return tuple(value for value in found if value is not None)
