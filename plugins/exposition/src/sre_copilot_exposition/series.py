"""Series: what a sample is a sample of."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping

import attrs

Labels = Mapping[str, str]
BOUND = "le"
"""The label of a bucket's upper bound."""


@attrs.frozen(eq=False)
class LabelSet:
    """Labels as the target's series carry them, without a bucket's bound."""

    labels: Labels
    identity: tuple[tuple[str, str], ...]


@attrs.frozen(eq=False)
class Series:
    """A metric with its labels. Equal only to itself, so that dictionaries of series are fast."""

    name: str
    labels: Labels
    """Without the bound of a bucket; the buckets of one histogram share them."""
    bound: float | None
    """The upper bound of a bucket, as exported; none where the series is not a bucket."""


class SeriesTable:
    """One object for each series of a target, for as long as anybody holds it."""

    def __init__(self, target: Labels) -> None:
        self._target = target
        self._known: weakref.WeakValueDictionary[object, Series] = weakref.WeakValueDictionary()

    def label_set(self, pairs: Iterable[tuple[str, str]]) -> LabelSet:
        """The labels of a series, from those it was exported with.

        As in Prometheus an empty label is no label, and where an exported label has the name of one of the
        target's, the exported one steps back and is called ``exported_NAME``.
        """
        labels = {self._renamed(label): value for label, value in pairs if value}
        labels |= self._target
        return LabelSet(labels, tuple(sorted(labels.items())))

    def series(self, name: str, labels: LabelSet, bound: str = "") -> Series:
        """The series of that name with these labels and, for a bucket, that bound."""
        key = (name, labels.identity, bound)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Series(name, labels.labels, _number(bound))
        return found

    def _renamed(self, label: str) -> str:
        return f"exported_{label}" if label in self._target else label


def _number(bound: str) -> float | None:
    try:
        return float(bound)
    except ValueError:
        return None
