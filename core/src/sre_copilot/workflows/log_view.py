"""The last minutes of a cluster's log, as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

import attrs
from whenever import Instant

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.correlation import Correlated, PatternWindow
from sre_copilot.store.rows import AttachedWindow, LoggedPattern, LogWindow


@attrs.frozen
class LogView:
    """Windows that end in a span of time, and the patterns in them."""

    since: Instant
    windows: tuple[LogWindow, ...]
    """Oldest first."""
    patterns: tuple[LoggedPattern, ...]

    @property
    def goes_on(self) -> bool:
        """Whether the log was read before, too: its first window here reaches out of the view."""
        return bool(self.windows) and self.windows[0].since <= self.since

    @property
    def problem(self) -> str:
        """Why the newest window misses lines, if it does."""
        return next(iter(self.windows[-1].problems), "") if self.windows else ""

    @property
    def attached(self) -> tuple[Attachment, ...]:
        """What is known to have accompanied a gate, each once."""
        return tuple(dict.fromkeys(one for logged in self.patterns for one in logged.beside))

    @property
    def pattern_windows(self) -> list[PatternWindow]:
        """Every window with its patterns, those without a line included."""
        by_end = {until: tuple(rows) for until, rows in groupby(self.patterns, key=lambda row: row.until)}
        return [
            PatternWindow(window.since, window.until, tuple(row.pattern for row in by_end.get(window.until, ())))
            for window in self.windows
        ]

    def missing(
        self, found: Iterable[Correlated], ended: Mapping[tuple[str, Instant], Instant | None]
    ) -> tuple[AttachedWindow, ...]:
        """What was found to accompany a gate and is not yet stored so, for every window from the rise on.

        :param ended: when each firing was over, ``None`` while it lasts.
        """
        made: list[AttachedWindow] = []
        attached = {(one.pattern.key, one.pattern.service): one.attached for one in found}
        for logged in self.patterns:
            pattern = logged.pattern
            stored = {(one.gate, one.fired_at) for one in logged.beside}
            for one in attached.get((pattern.key, pattern.service), ()):
                over = ended.get((one.gate, one.fired_at))
                if one.rose_at > pattern.last_at or (over is not None and pattern.first_at > max(over, one.rose_at)):
                    continue
                if (one.gate, one.fired_at) not in stored:
                    made.append(AttachedWindow(logged.since, logged.until, one))
        return tuple(made)
