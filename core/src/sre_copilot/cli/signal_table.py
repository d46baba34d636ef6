"""Signals as a table, with a line for each value that moves."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from typing import TYPE_CHECKING

from sre_copilot.cli.signal_rows import Picture, Row
from sre_copilot.health.sentences import place, quantity
from sre_copilot_hookspecs import Unit

if TYPE_CHECKING:
    from rich.console import RenderableType

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24
"""Values a line shows."""


def sparkline(values: Collection[float | None]) -> str:
    """The values as bars between their least and their greatest; a gap where one is missing."""
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)
    reach = (high - low) or 1.0
    return "".join(" " if value is None else BARS[round((value - low) / reach * (len(BARS) - 1))] for value in values)


class Table:
    """Draws one picture after the other, and remembers the last of each value."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._past: defaultdict[str, deque[float | None]] = defaultdict(lambda: deque(maxlen=WIDTH))

    def of(self, picture: Picture, *, moving: bool, width: int) -> RenderableType:
        """The picture as a table, with lines of past values if it is to move.

        :param width: columns there are; what does not fit is cut at the end, and --explain tells all of it.
        """
        from rich.console import Group
        from rich.table import Table as RichTable
        from rich.text import Text

        headings = ("signal", "value", *(["last values"] if moving else []), "source", "age")
        cells = [self._cells(row, moving=moving) for row in picture.rows]
        taken = sum(max(len(line[at]) for line in (headings, *cells)) + 2 for at in range(len(headings)))
        table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for heading in (*headings, "says"):
            table.add_column(heading, no_wrap=True)
        for row, line in zip(picture.rows, cells, strict=True):
            style = "magenta" if row.missing else ""
            says = Text(_cut(_says(row), max(20, width - taken)), style="dim")
            table.add_row(line[0], Text(line[1], style=style), *line[2:], says)
        return Group(Text(_headline(picture)), *(Text(one, style="magenta") for one in picture.problems), Text(), table)

    def _cells(self, row: Row, *, moving: bool) -> tuple[str, ...]:
        past = self._past[row.key]
        past.append(row.value)
        age = "" if row.age_seconds is None else f"{row.age_seconds:.0f} s"
        return (row.key, row.display, *([sparkline(past)] if moving else []), row.source, age)


def _headline(picture: Picture) -> str:
    missing = sum(row.missing is not None for row in picture.rows)
    seen = f"{len(picture.rows) - missing} of {len(picture.rows)} signals have a value."
    return f"{picture.cluster or 'No cluster'}, {picture.at or 'never observed'}, {picture.origin}: {seen}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _says(row: Row) -> str:
    """Why there is no value, or where the worst of several comes from."""
    if row.missing:
        return row.detail
    places = [f"{place(labels)} {quantity(value, Unit(row.unit))}" for labels, value in row.series[:3]]
    more = len(row.series) + row.dropped - len(places)
    listed = "; ".join(places) + (f"; and {more} more" if more > 0 else "")
    return "; ".join(filter(None, (listed, row.note)))
