"""What the log lines of one window come to. Nothing in here holds a raw line."""

from __future__ import annotations

import attrs
from whenever import Instant

from sre_copilot.narrative.memory import MinerMemory
from sre_copilot_hookspecs import Severity

BURST = 10
"""Lines in one window that make a new template worth an assessment."""


@attrs.frozen
class PatternCount:
    """One kind of line that one service wrote in a window."""

    key: str
    """Of the declared pattern; mined templates have keys that begin with ``new.``."""
    service: str
    """Who wrote the lines, or empty where nobody knows or several did."""
    severity: Severity
    count: int
    template: str
    """The newest such line as redacted text with typed placeholders, or the mined template."""
    sample: str
    """One redacted line, at most :data:`~sre_copilot.narrative.redaction.LONGEST_SAMPLE` characters."""
    first_at: Instant
    """Within the window, whatever the line claims."""
    last_at: Instant
    means: str = ""
    remedy: str = ""
    supports: tuple[str, ...] = ()
    """Signals whose gates this kind of line explains."""
    new: bool = False
    """No parser knows it, and it was not there before or grew tenfold."""

    @property
    def alarming(self) -> bool:
        """Whether it starts an assessment by itself: declared severe, or a new template with a burst."""
        return self.severity is Severity.SEVERE or (self.new and self.count >= BURST)


@attrs.frozen
class Oddities:
    """Lines that were not as lines should be. They were read all the same."""

    future: int = 0
    """Written later than the window ends, as they claim."""
    late: int = 0
    """Written before the window begins, or before the line in front of them."""
    garbled: int = 0
    """No text: control characters, undecodable bytes."""
    cut: int = 0
    """Longer than is looked at."""
    left_out: int = 0
    """Not handed over by the source, because of a limit."""
    unreadable: int = 0
    """No text or too long, as the source says."""

    @property
    def total(self) -> int:
        """How many in all; one line may count in several ways."""
        return self.future + self.late + self.garbled + self.cut + self.left_out + self.unreadable


@attrs.frozen
class WindowSummary:
    """The lines of one half-open window of time."""

    since: Instant
    until: Instant
    lines: int
    """How many were read."""
    patterns: tuple[PatternCount, ...]
    """Declared patterns and new templates; the most severe and most frequent first, and at most
    :data:`~sre_copilot.narrative.narrator.MOST_ROWS`."""
    memory: MinerMemory
    """To be handed to the next window."""
    oddities: Oddities = Oddities()
    unmatched: int = 0
    """Lines at warning or above that no pattern knows."""
    unmined: int = 0
    """Those among them for which there was no room among the templates."""
    problems: tuple[str, ...] = ()
    """Why lines are missing, as sentences."""
