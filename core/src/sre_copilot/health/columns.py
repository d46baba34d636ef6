"""Readings of many cycles in columns: small to keep, and quick to go through again.

One document a cycle repeats every name a hundred thousand times a month. Here each signal has one array of values
and one of ages, and what rarely changes, such as a reason or a set of labels, is written once. Nothing is rounded or
left out: the readings that come back are equal to those that went in.
"""

from __future__ import annotations

import json
import math
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs
from whenever import Instant

from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Reading, Sample

FORMAT = 1
"""Version of the packed form. A later one is refused by name, not misread."""

LARGEST = 64 * 1024 * 1024
"""Bytes that a packed block may take unpacked; the copilot packs nothing near it."""

Found = Sample | Missing
Labels = tuple[tuple[str, str], ...]

_NOT_ASKED = -1


class DamagedColumns(ValueError):
    """Packed readings that cannot be read."""


@attrs.frozen(eq=False)
class Column:
    """One signal over all cycles of a block."""

    values: array[float]
    """NaN where there is none."""
    ages: array[float]
    kinds: array[int]
    """For each cycle the position of its :class:`Kind`, or -1 where the signal was not asked."""
    shapes: array[int]
    """For each cycle the position of its label sets; -1 for a sample without series."""
    parts: array[float]
    """The values of all series, one cycle after the other."""


@attrs.frozen
class Kind:
    """What is said of a value besides the value: why it is missing, or what a reader must know."""

    missing: str = ""
    text: str = ""
    """The detail of a missing value, or the note of a sample."""
    dropped: int = 0


@attrs.frozen(eq=False)
class Columns:
    """Consecutive readings of one cluster, oldest first."""

    cluster: str
    instants: array[int]
    """Nanoseconds since 1970."""
    columns: Mapping[str, Column]
    kinds: tuple[Kind, ...]
    shapes: tuple[tuple[Labels, ...], ...]

    def __len__(self) -> int:
        """How many readings."""
        return len(self.instants)

    @cached_property
    def at(self) -> tuple[Instant, ...]:
        """When each reading was made."""
        return tuple(Instant.from_timestamp(moment, unit="nanosecond") for moment in self.instants)

    def samples(self, key: str) -> Sequence[Found | None]:
        """One signal's samples and reasons, ``None`` where it was not asked."""
        known = self._made.get(key)
        if known is None:
            column = self.columns.get(key)
            known = self._made[key] = (None,) * len(self) if column is None else tuple(self._found(column))
        return known

    @cached_property
    def _made(self) -> dict[str, tuple[Found | None, ...]]:
        """The samples of the signals that were looked at: whoever goes through readings needs them more than once."""
        return {}

    def _found(self, column: Column) -> Iterator[Found | None]:
        missing = [Missing(MissingReason(kind.missing), kind.text) if kind.missing else None for kind in self.kinds]
        parts = iter(column.parts)
        for value, age, number, shape in zip(column.values, column.ages, column.kinds, column.shapes, strict=True):
            if number == _NOT_ASKED:
                yield None
                continue
            why = missing[number]
            if why is not None:
                yield why
                continue
            series: tuple[LabelledValue, ...] = ()
            if shape >= 0:
                series = tuple(LabelledValue(labels, next(parts)) for labels in self.shapes[shape])
            kind = self.kinds[number]
            yield Sample(value, age, series, kind.dropped, kind.text)

    def rows(self, keys: Iterable[str] | None = None) -> Iterator[dict[str, Found]]:
        """The samples of each reading by signal.

        :param keys: only these signals; all of them if nothing is said.
        """
        wanted = [key for key in (self.columns if keys is None else keys) if key in self.columns]
        for found in zip(*(self.samples(key) for key in wanted), strict=True) if wanted else [()] * len(self):
            row = dict(zip(wanted, found, strict=True))
            if None in found:
                row = {key: one for key, one in row.items() if one is not None}
            yield row

    def readings(self) -> Iterator[Reading]:
        """The readings as they were."""
        for at, row in zip(self.at, self.rows(), strict=True):
            yield Reading(at, self.cluster, row)

    def within(self, since: Instant, until: Instant) -> Columns | None:
        """The readings from ``since`` up to but not including ``until``, or ``None`` if there are none."""
        if self.at[0] >= since and self.at[-1] < until:
            return self
        kept = [reading for reading in self.readings() if since <= reading.at < until]
        return columnise(kept) if kept else None

    def pack(self) -> bytes:
        """Everything, compressed."""
        header = {
            "format": FORMAT,
            "cluster": self.cluster,
            "cycles": len(self),
            "kinds": [[kind.missing, kind.text, kind.dropped] for kind in self.kinds],
            "shapes": [[[list(pair) for pair in labels] for labels in shape] for shape in self.shapes],
            "signals": [[key, len(column.parts)] for key, column in self.columns.items()],
        }
        written = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        parts = [len(written).to_bytes(4, "little"), written, _bytes(self.instants)]
        for column in self.columns.values():
            arrays: tuple[array[Any], ...] = (column.values, column.ages, column.kinds, column.shapes, column.parts)
            parts += [_bytes(values) for values in arrays]
        return zlib.compress(b"".join(parts))

    @classmethod
    def unpack(cls, packed: bytes) -> Columns:
        """What :meth:`pack` made.

        :raises DamagedColumns: if it is damaged, or of a later version.
        """
        whole = _unpacked(packed)
        try:
            end = 4 + int.from_bytes(whole[:4], "little")
            header = json.loads(whole[4:end])
            if header["format"] != FORMAT:
                raise DamagedColumns(
                    f"Readings are packed in format {header['format']}; this version reads format {FORMAT}."
                )
            return cls._of(header, _Slices(whole, end))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if isinstance(error, DamagedColumns):
                raise
            raise DamagedColumns(f"Packed readings are damaged: {error}.") from error

    @classmethod
    def _of(cls, header: Mapping[str, Any], slices: _Slices) -> Columns:
        cycles = header["cycles"]
        instants = slices.take("q", cycles)
        columns = {
            key: Column(
                slices.take("d", cycles),
                slices.take("d", cycles),
                slices.take("i", cycles),
                slices.take("i", cycles),
                slices.take("d", parts),
            )
            for key, parts in header["signals"]
        }
        return cls(
            header["cluster"],
            instants,
            columns,
            tuple(Kind(missing, text, dropped) for missing, text, dropped in header["kinds"]),
            tuple(
                tuple(tuple((label, value) for label, value in labels) for labels in shape)
                for shape in header["shapes"]
            ),
        )


def columnise(readings: Sequence[Reading]) -> Columns:
    """Readings of one cluster, oldest first, in columns.

    :raises ValueError: if there are none, or they are of several clusters.
    """
    clusters = {reading.cluster for reading in readings}
    if len(clusters) != 1:
        raise ValueError("Readings in columns are those of exactly one cluster.")
    kinds: dict[Kind, int] = {}
    shapes: dict[tuple[Labels, ...], int] = {}
    columns = {}
    for key in sorted({key for reading in readings for key in reading.samples}):
        columns[key] = _column([reading.samples.get(key) for reading in readings], kinds, shapes)
    instants = array("q", (reading.at.timestamp(unit="nanosecond") for reading in readings))
    return Columns(clusters.pop(), instants, columns, tuple(kinds), tuple(shapes))


def _column(found: Sequence[Found | None], kinds: dict[Kind, int], shapes: dict[tuple[Labels, ...], int]) -> Column:
    column = Column(array("d"), array("d"), array("i"), array("i"), array("d"))
    for one in found:
        value, age, kind, shape = math.nan, 0.0, _NOT_ASKED, -1
        if isinstance(one, Missing):
            kind = kinds.setdefault(Kind(one.reason.value, one.detail), len(kinds))
        elif one is not None:
            value, age = one.value, one.age
            kind = kinds.setdefault(Kind("", one.note, one.dropped), len(kinds))
            if one.series:
                labels = tuple(labelled.labels for labelled in one.series)
                shape = shapes.setdefault(labels, len(shapes))
                column.parts.extend(labelled.value for labelled in one.series)
        column.values.append(value)
        column.ages.append(age)
        column.kinds.append(kind)
        column.shapes.append(shape)
    return column


class _Slices:
    """Arrays one after the other."""

    def __init__(self, whole: bytes, position: int) -> None:
        self._whole = whole
        self._position = position

    def take(self, kind: str, count: int) -> array[Any]:
        found: array[Any] = array(kind)
        end = self._position + count * found.itemsize
        if count < 0 or end > len(self._whole):
            raise DamagedColumns("Packed readings are cut off.")
        found.frombytes(self._whole[self._position : end])
        self._position = end
        return _little_endian(found)


def _bytes(values: array[Any]) -> bytes:
    return _little_endian(array(values.typecode, values)).tobytes()


def _little_endian(values: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        whole = unpacker.decompress(packed, LARGEST)
    except zlib.error as damage:
        raise DamagedColumns(f"Packed readings are damaged: {damage}.") from damage
    if not unpacker.eof:
        raise DamagedColumns(f"Packed readings are cut off, or take more than {LARGEST} bytes.")
    return whole
