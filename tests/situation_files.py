"""Recorded situations: what a real server and its workers exposed, and what the API said, every few seconds.

A scrape is kept as one column for each series: integers as differences to the scrape before, anything else as it
was written, so that a minute and a half of a busy server fits into some tens of kilobytes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import attrs

FOLDER = Path(__file__).parent / "data" / "situations"

Cell = int | str | None
"""A difference of integers, a value as written, or nothing where the series was not there."""


@attrs.frozen
class Target:
    """One endpoint over the whole recording."""

    role: str
    scraped: tuple[float | None, ...]
    """Seconds since the beginning, by cycle; nothing where it did not answer."""
    series: dict[str, list[Cell]]
    """By the series as it stands in the text: its cells, by scrape that was answered."""

    def texts(self) -> tuple[bytes | None, ...]:
        """What it answered in each cycle, in the exposition format."""
        answered = sum(at is not None for at in self.scraped)
        scrapes: list[list[str]] = [[] for _ in range(answered)]
        for series, cells in self.series.items():
            value = 0
            for number, cell in enumerate(cells):
                if isinstance(cell, int):
                    value += cell
                    scrapes[number].append(f"{series} {value}\n")
                else:
                    value = 0
                    if cell is not None:
                        scrapes[number].append(f"{series} {cell}\n")
        rest = iter(scrapes)
        return tuple(None if at is None else "".join(next(rest)).encode() for at in self.scraped)


@attrs.frozen
class Situation:
    """One run: a healthy beginning, a fault, and sometimes its end."""

    name: str
    fault: str
    """What was done, in one sentence."""
    cycle: float
    """Seconds between two scrapes."""
    begins: int
    """The first cycle that could have seen the fault."""
    ends: int
    """The first cycle after the fault; the number of cycles where it lasted to the end."""
    targets: tuple[Target, ...]
    api: tuple[dict[str, object], ...]
    """Samples of the API by signal, for each cycle, as documents."""
    queues: tuple[str, ...] = ("orders",)

    @property
    def cycles(self) -> int:
        """How many cycles were recorded."""
        return len(self.api)


def columns(scrapes: Sequence[bytes | None]) -> dict[str, list[Cell]]:
    """The lines of all answered scrapes, as one list of cells for each series."""
    answered = [_values(text) for text in scrapes if text is not None]
    names = dict.fromkeys(name for values in answered for name in values)
    return {name: _cells([values.get(name) for values in answered]) for name in names}


def _values(text: bytes) -> dict[str, str]:
    pairs = (line.rsplit(" ", 1) for line in text.decode().splitlines())
    return {pair[0]: pair[1] for pair in pairs}


def _cells(values: Sequence[str | None]) -> list[Cell]:
    cells: list[Cell] = []
    before = 0
    for value in values:
        whole = _whole(value)
        cells.append(value if whole is None else whole - before)
        before = whole or 0
    return cells


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.lstrip("-").isdigit() and value == str(int(value)) else None


def write(situation: Situation) -> Path:
    """Store a recording under its name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{situation.name}.json.gz"
    text = json.dumps(attrs.asdict(situation), separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return path


def load(name: str) -> Situation:
    """The recording of that name."""
    document = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    targets = tuple(Target(t["role"], tuple(t["scraped"]), t["series"]) for t in document.pop("targets"))
    document["api"], document["queues"] = tuple(document["api"]), tuple(document["queues"])
    return Situation(targets=targets, **document)
