"""The windows that evaluators look at, over readings in columns: they slide and share their readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from sre_copilot.health.columns import Columns, Found
from sre_copilot_hookspecs import Reading, Window

LENGTH = 20
"""Readings of each cluster that evaluators may look back on: ten minutes of half-minute cycles."""

NO_LIMITS: Mapping[str, float] = MappingProxyType({})
_Default = TypeVar("_Default")


class Lookback:
    """The readings of the newest block of one cluster, and those before it as far back as a window reaches."""

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._readings: list[Reading] = []
        self._earlier = 0

    def add(self, block: Columns) -> None:
        """Go on with the next block; what no window can reach any more is let go."""
        kept = self._readings[max(0, len(self._readings) - self._length + 1) :]
        self._earlier = len(kept)
        # Each reading is made once, and stands in as many windows as reach it.
        self._readings = kept + [Reading(at, block.cluster, _Row(block, place)) for place, at in enumerate(block.at)]

    def forget(self) -> None:
        """Begin anew, as an observer that was started again."""
        self._readings, self._earlier = [], 0

    def window(self, position: int, limits: Mapping[str, float] = NO_LIMITS) -> Window:
        """The window whose newest reading is that at ``position`` of the newest block.

        :param limits: what evaluators compare with; what they declare where nothing is said.
        """
        end = self._earlier + position + 1
        return Window(tuple(self._readings[max(0, end - self._length) : end]), limits)


class _Row(Mapping[str, Found]):
    """The samples of one reading, made when they are looked at: evaluators look at few."""

    __slots__ = ("_block", "_place")

    def __init__(self, block: Columns, place: int) -> None:
        self._block = block
        self._place = place

    def get(self, key: str, default: _Default = None) -> Found | _Default:  # type: ignore[assignment]
        # Evaluators ask dozens of times a cycle; that of the base class tries, fails and catches.
        found = self._block.samples(key)[self._place]
        return default if found is None else found

    def __getitem__(self, key: str) -> Found:
        found = self._block.samples(key)[self._place]
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._block.columns if self._block.samples(key)[self._place] is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
