"""The window that evaluators look at, over readings in columns: it slides without anything being copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sre_copilot.health.columns import Columns, Found
from sre_copilot_hookspecs import Reading, Window

LENGTH = 20
"""Readings of each cluster that evaluators may look back on: ten minutes of half-minute cycles."""


class Lookback:
    """The newest blocks of one cluster, as far back as a window reaches."""

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._blocks: list[Columns] = []
        self._values: dict[str, list[float | None]] = {}
        self._samples: dict[str, list[Found | None]] = {}
        self._offset = 0

    def add(self, block: Columns) -> None:
        """Go on with the next block; what no window can reach any more is let go."""
        self._blocks.append(block)
        while len(self._blocks) > 1 and sum(map(len, self._blocks[1:-1])) >= self._length:
            del self._blocks[0]
        self._offset = sum(map(len, self._blocks[:-1]))
        self._values, self._samples = {}, {}

    def forget(self) -> None:
        """Begin anew, as an observer that was started again."""
        self.__init__(self._length)  # type: ignore[misc]

    def window(self, position: int) -> Window:
        """The window whose newest reading is that at ``position`` of the newest block."""
        return ColumnWindow(self, self._offset + position + 1)

    def values(self, key: str, end: int) -> tuple[float, ...]:
        """One signal's values that could be read in the window that ends before ``end``."""
        known = self._values.get(key)
        if known is None:
            known = self._values[key] = [value for block in self._blocks for value in block.values(key)]
        found = known[max(0, end - self._length) : end]
        return tuple(value for value in found if value is not None)

    def sample(self, key: str, position: int) -> Found | None:
        """What one reading says of a signal."""
        known = self._samples.get(key)
        if known is None:
            known = self._samples[key] = [found for block in self._blocks for found in block.samples(key)]
        return known[position]

    def reading(self, position: int) -> Reading:
        """One reading; its samples are made when they are looked at."""
        block, place = self._blocks[0], position
        for block in self._blocks:
            if place < len(block):
                break
            place -= len(block)
        return Reading(block.at[place], block.cluster, _Row(self, block, position))

    def readings(self, end: int) -> tuple[Reading, ...]:
        """The readings of the window that ends before ``end``."""
        return tuple(map(self.reading, range(max(0, end - self._length), end)))


class ColumnWindow(Window):
    """A window that reads from columns what it is asked for."""

    __slots__ = ("_end", "_lookback")
    _lookback: Lookback
    _end: int

    def __init__(self, lookback: Lookback, end: int) -> None:
        object.__setattr__(self, "_lookback", lookback)
        object.__setattr__(self, "_end", end)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The last readings, oldest first."""
        return self._lookback.readings(self._end)

    @property
    def latest(self) -> Reading:
        """The newest reading."""
        return self._lookback.reading(self._end - 1)

    def values(self, key: str) -> tuple[float, ...]:
        """The values of one signal that could be read, oldest first."""
        return self._lookback.values(key, self._end)


class _Row(Mapping[str, Found]):
    """The samples of one reading."""

    __slots__ = ("_block", "_lookback", "_position")

    def __init__(self, lookback: Lookback, block: Columns, position: int) -> None:
        self._lookback = lookback
        self._block = block
        self._position = position

    def __getitem__(self, key: str) -> Found:
        found = self._lookback.sample(key, self._position)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._block.columns if self._lookback.sample(key, self._position) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
