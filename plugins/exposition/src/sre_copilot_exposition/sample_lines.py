"""Samples from lines of the exposition format, text and OpenMetrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

from sre_copilot_exposition.exposition_text import MalformedText
from sre_copilot_exposition.series import BOUND, LabelSet, Series, SeriesTable

# Possessive on characters only: before 3.11.5 Python gets a possessive group wrong when its last round fails.
_QUOTED = rb'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_LABEL = rb"[a-zA-Z_][a-zA-Z0-9_]*+[ \t]*+=[ \t]*+" + _QUOTED + rb"[ \t]*+"
_LABELS = rb"[ \t]*+(?:" + _LABEL + rb"(?:,[ \t]*+" + _LABEL + rb")*(?:,[ \t]*+)?)?"
_SERIES = rb"[ \t]*+([a-zA-Z_:][a-zA-Z0-9_:]*+)[ \t]*+(?:\{(" + _LABELS + rb")\})?"
# What Go's ParseFloat takes; Python's float() would also take underscores and a carriage return.
_VALUE = rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf|infinity))|(?i:nan)"
_TEXT = re.compile(_SERIES + rb"[ \t]*+(" + _VALUE + rb")(?:[ \t]+(-?[0-9]+))?[ \t]*\n")
_EXEMPLAR = rb"(?:[ \t]+#[ \t]+\{" + _LABELS + rb"\}[ \t]+(?:" + _VALUE + rb")(?:[ \t]+[0-9.eE+-]+)?)?"
_STAMP = rb"(?:[ \t]+(-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?))?"
_OPENMETRICS = re.compile(_SERIES + rb"[ \t]*+(" + _VALUE + rb")" + _STAMP + _EXEMPLAR + rb"[ \t]*\n")
_NUMBER = re.compile(rb"(?:" + _VALUE + rb")\n")
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"([^"\\]*+(?:\\.[^"\\]*+)*)"')
_ESCAPE = re.compile(r'\\([\\"n])')
_ESCAPED = {"\\": "\\", '"': '"', "n": "\n"}
_BUCKET = "_bucket"
_LAST_BOUND = b',le="'
_LATEST = 1 << 62  # milliseconds; what is beyond is no time


@attrs.frozen
class Samples:
    """The samples of one scrape."""

    families: Mapping[str, Mapping[Series, float]]
    """Values by name on the wire. Of several samples of one series the first counts, as in Prometheus."""
    stamps: Mapping[Series, int]
    """Milliseconds of samples that carried their own time."""


class SampleParser:
    """Parses the lines of one target, and remembers how its series are spelt, which hardly changes."""

    def __init__(self, table: SeriesTable) -> None:
        self._table = table
        self._spellings: dict[bytes, Series] = {}

    def parse(self, lines: Mapping[str, Iterable[bytes]], openmetrics: bool) -> Samples:
        """The samples of these lines, grouped by metric name.

        :raises MalformedText: if one line is not in the format.
        """
        families: dict[str, dict[Series, float]] = {}
        stamps: dict[Series, int] = {}
        spellings: dict[bytes, Series] = {}
        numbers = _Numbers()
        for name, group in lines.items():
            buckets = _Buckets(self._table, name)
            values = families[name] = {}
            for line in group:
                spelling, _, number = line.rpartition(b" ")
                series = self._spellings.get(spelling) or buckets.another(spelling)
                if series is not None:
                    value = numbers[number]
                else:
                    sample = self._in_full(line, name, openmetrics)
                    series, value, spelling = sample.series, sample.value, sample.spelling
                    buckets.learn(sample)
                    if sample.stamp is not None and series not in values:
                        stamps[series] = sample.stamp
                spellings[spelling] = series
                values.setdefault(series, value)
        self._spellings = spellings
        return Samples(families, stamps)

    def _in_full(self, line: bytes, name: str, openmetrics: bool) -> _Sample:
        found = (_OPENMETRICS if openmetrics else _TEXT).fullmatch(line)
        if found is None:
            raise _malformed(line)
        _, text, value, stamp = found.groups()
        pairs = _pairs(text, line) if text else []
        bound = ""
        if name.endswith(_BUCKET):
            bound = dict(pairs).get(BOUND, "")
            pairs = [pair for pair in pairs if pair[0] != BOUND]
        labels = self._table.label_set(pairs)
        # Up to the blanks before the value: what the next scrape's line begins with.
        spelling = line[: found.start(3)].rstrip(b" \t")
        series = self._table.series(name, labels, bound)
        return _Sample(series, float(value), _milliseconds(stamp, openmetrics), spelling, labels, bound)


@attrs.frozen
class _Sample:
    series: Series
    value: float
    stamp: int | None
    spelling: bytes
    labels: LabelSet
    bound: str


class _Buckets:
    """Buckets of a histogram whose first bucket was read in full: only their bound is new."""

    def __init__(self, table: SeriesTable, name: str) -> None:
        self._table = table
        self._name = name
        self._known: dict[bytes, LabelSet] = {}

    def learn(self, sample: _Sample) -> None:
        start, _, rest = sample.spelling.rpartition(_LAST_BOUND)
        # Not so where the bound is written in any other way, or is no bound but the end of a value.
        if sample.bound and rest == sample.bound.encode() + b'"}':
            self._known[start] = sample.labels

    def another(self, spelling: bytes) -> Series | None:
        if not self._known:
            return None
        start, _, rest = spelling.rpartition(_LAST_BOUND)
        labels = self._known.get(start)
        bound = rest[:-2]
        if labels is None or rest[-2:] != b'"}' or b'"' in bound or b"\\" in bound or not bound.isascii():
            return None
        return self._table.series(self._name, labels, bound.decode())


class _Numbers(dict[bytes, float]):
    """Values by their spelling; counters and buckets repeat a few thousand of them."""

    def __missing__(self, text: bytes) -> float:
        if not _NUMBER.fullmatch(text):
            raise MalformedText(f"{_start(text)} is not a value in the exposition format")
        number = self[text] = float(text)
        return number


def _pairs(text: bytes, line: bytes) -> list[tuple[str, str]]:
    try:
        pairs: list[tuple[str, str]] = _PAIR.findall(text.decode())
    except UnicodeDecodeError:
        raise _malformed(line) from None
    if len(dict(pairs)) < len(pairs):
        raise MalformedText(f"a label is there twice in {_start(line)}")
    if b"\\" not in text:
        return pairs
    return [(label, _ESCAPE.sub(_unescaped, value)) for label, value in pairs]


def _unescaped(escape: re.Match[str]) -> str:
    return _ESCAPED[escape[1]]


def _milliseconds(stamp: bytes | None, openmetrics: bool) -> int | None:
    if stamp is None:
        return None
    if len(stamp) > 40 or not abs(float(stamp)) < _LATEST:
        raise MalformedText(f"{_start(stamp)} is not a time")
    return round(float(stamp) * 1000) if openmetrics else int(stamp)


def _malformed(line: bytes) -> MalformedText:
    return MalformedText(f"a line is not in the exposition format: {_start(line)}")


def _start(text: bytes) -> str:
    return repr(text[:120].decode("utf-8", "replace").strip())
