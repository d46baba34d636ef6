"""Counting lines of one kind."""

from __future__ import annotations

from collections.abc import Mapping

from whenever import Instant

from sre_copilot_hookspecs import LogLine

_NOTHING: Mapping[str, str] = {}


class Tally:
    """How many lines of one kind there were, from when to when, and the newest of them."""

    __slots__ = ("attributes", "count", "first_at", "last_at", "message")

    def __init__(self, first_at: Instant | None = None, last_at: Instant | None = None) -> None:
        self.count = 0
        self.message = ""
        """Not redacted. It is held until the window ends and goes nowhere from here."""
        self.attributes: Mapping[str, str] = _NOTHING
        self.first_at = first_at
        self.last_at = last_at

    def count_line(self, message: str, line: LogLine, at: Instant) -> None:
        """Count one line.

        :param message: as far as it is looked at.
        :param at: within the window.
        """
        self.count += 1
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if self.last_at is None or at >= self.last_at:
            self.last_at = at
            self.message = message
            self.attributes = line.attributes

    def span(self, since: Instant, until: Instant) -> tuple[Instant, Instant]:
        """When the first and the last line were written, or the whole window where nobody knows."""
        return self.first_at or since, self.last_at or until
