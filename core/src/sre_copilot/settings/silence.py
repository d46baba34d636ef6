"""Spans of time in which nobody is told of state changes."""

from __future__ import annotations

import re
from typing import Any

import attrs
from whenever import Instant

_DAILY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_EXAMPLES = '"22:00/06:00" for every night, in UTC, or "prod 2026-12-24T18:00Z/2026-12-27T06:00Z" for one cluster once'


@attrs.frozen
class Silence:
    """One span, of one cluster or of all."""

    begins: str
    """``HH:MM``, or an instant."""
    ends: str
    cluster: str = ""

    @classmethod
    def parse(cls, text: str) -> Silence:
        """From ``[CLUSTER ]FROM/UNTIL``.

        :raises ValueError: with two examples, if it cannot be read or would end before it begins.
        """
        cluster, _, span = text.strip().rpartition(" ")
        begins, slash, ends = span.partition("/")
        daily = [_DAILY.fullmatch(one) is not None for one in (begins, ends)]
        if not slash or any(daily) != all(daily) or begins == ends:
            raise ValueError(f"{text!r} is no span of time; write {_EXAMPLES}")
        if not all(daily):
            try:
                wrong = Instant.parse_iso(ends) <= Instant.parse_iso(begins)
            except ValueError:
                wrong = True
            if wrong:
                raise ValueError(f"{text!r} is no span of time; write {_EXAMPLES}")
        return cls(begins, ends, cluster.strip())

    def covers(self, cluster: str, at: Instant) -> bool:
        """Whether what happens to a cluster then is told to nobody."""
        if self.cluster not in ("", cluster):
            return False
        if not _DAILY.fullmatch(self.begins):
            return Instant.parse_iso(self.begins) <= at < Instant.parse_iso(self.ends)
        now = at.format_iso(unit="second")[11:16]
        if self.begins < self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends


def spans_of_time(_instance: object, _attribute: object, value: tuple[Any, ...]) -> None:
    """A validator: every text is a span of time."""
    for text in value:
        Silence.parse(text)
