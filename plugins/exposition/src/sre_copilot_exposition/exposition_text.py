"""Lines of the exposition format: which metrics they speak of, before any of them is parsed.

A Temporal server under load exposes some 14,000 samples, and a cycle needs a third of them. So the text is
first sorted by metric name, which costs a few milliseconds; only lines of the metrics that were asked for
are then parsed (:mod:`~sre_copilot_exposition.sample_lines`). Prometheus rejects a scrape for any malformed
line. Here that holds for the metric name of every line, and for the rest of the lines that are parsed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping

import attrs

_NAME = re.compile(rb"[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t{]")
_TYPE = re.compile(rb"#[ \t]+TYPE[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]+(\w+)[ \t]*\n")
_END_OF_OPENMETRICS = re.compile(rb"(?:\A|\n)# EOF\n?\Z")
_MOST_NAMES = 100_000

_Group = list[bytes] | None  # lines of a metric that was asked for, or none


class MalformedText(Exception):
    """The text is not in the exposition format, or too much of it."""


@attrs.frozen
class Body:
    """What a target sent."""

    content: bytes
    openmetrics: bool = False


@attrs.frozen
class Offer:
    """What a target exposes."""

    names: frozenset[str]
    """Every metric and family name."""
    lines: Mapping[str, list[bytes]]
    """The unparsed lines of the names that were asked for."""
    scraped: int
    """How many samples there are, asked for or not."""


def sort_lines(body: Body, asked: Collection[str], most_lines: int) -> Offer:
    """Sort the lines by metric name and keep those asked for.

    :param most_lines: how many may be kept.
    :raises MalformedText: if the text is truncated or something else than metrics.
    """
    _check_end(body)
    sorter = _Sorter(frozenset(asked), body.openmetrics)
    groups, kept, comments = sorter.groups, 0, 0
    number = 0
    # Splits at line feeds only, and without a copy of the text.
    for number, line in enumerate(io.BytesIO(body.content), 1):
        if line.startswith(b"#"):
            comments += 1
            sorter.comment(line)
            continue
        head = line[: line.find(b"{")]
        group = groups[head] if head in groups else sorter.group(line, number)
        if group is not None:
            group.append(line)
            kept += 1
            if kept > most_lines:
                raise MalformedText(f"it has more than {most_lines} samples of the metrics asked for")
    return Offer(sorter.names(), sorter.lines(), number - comments - sorter.blank)


def _check_end(body: Body) -> None:
    if body.openmetrics:
        if not _END_OF_OPENMETRICS.search(body.content[-16:]):
            raise MalformedText("its text is truncated: it does not end with # EOF")
    elif body.content and not body.content.endswith(b"\n"):
        raise MalformedText("its text is truncated: the last line has no end")


class _Sorter:
    def __init__(self, asked: frozenset[str], openmetrics: bool) -> None:
        self._asked = {name.encode() for name in asked}
        self._openmetrics = openmetrics
        self._families: set[bytes] = set()
        self.groups: dict[bytes, _Group] = {}
        self.blank = 0

    def comment(self, line: bytes) -> None:
        found = _TYPE.match(line)
        if found is None:
            return
        name, kind = found.groups()
        # OpenMetrics names a counter's family without the suffix that its samples carry.
        self._add_family(name + b"_total" if self._openmetrics and kind == b"counter" else name)

    def group(self, line: bytes, number: int) -> _Group:
        if not line.strip() or line.lstrip().startswith(b"#"):
            self.blank += 1
            return None
        found = _NAME.match(line)
        if found is None:
            start = line[:40].decode("utf-8", "replace").strip()
            raise MalformedText(f"line {number} is not in the exposition format: {start!r}")
        name = found[1]
        if name not in self.groups:
            self._add_family(name)
            self.groups[name] = [] if name in self._asked else None
        return self.groups[name]

    def _add_family(self, name: bytes) -> None:
        self._families.add(name)
        if len(self._families) > _MOST_NAMES:
            raise MalformedText(f"it has more than {_MOST_NAMES} metric names")

    def names(self) -> frozenset[str]:
        return frozenset(name.decode() for name in self._families)

    def lines(self) -> dict[str, list[bytes]]:
        return {name.decode(): group for name, group in self.groups.items() if group}
