"""The last scrapes of one target."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import attrs

from sre_copilot_exposition.series import Series

_MOST_SCRAPES = 2_000
_FEWEST_SCRAPES = 2  # a rate needs two


@attrs.frozen(eq=False)
class Scrape:
    """What one scrape of a target brought."""

    at: int
    """Milliseconds, when it began."""
    duration: float
    """Seconds."""
    error: str = ""
    """Why the target counts as down; empty when it is up."""
    families: Mapping[str, Mapping[Series, float]] = attrs.field(factory=dict)
    """Values by name on the wire, of the metrics that were asked for."""
    stamps: Mapping[Series, int] = attrs.field(factory=dict)
    """Milliseconds of samples that carried their own time."""
    wanted: frozenset[str] = frozenset()
    """Names on the wire that were looked for. What was not looked for is unknown, not absent."""
    offered: frozenset[str] = frozenset()
    """Every name the target offered, asked for or not."""
    scraped: int = 0
    """Samples the target exposed, asked for or not."""

    @property
    def up(self) -> bool:
        """Whether the target answered, and in the exposition format."""
        return not self.error

    @property
    def kept(self) -> int:
        """How many values it holds."""
        return sum(map(len, self.families.values()))


class Ring:
    """Scrapes of one target, oldest first, bounded in time and in values.

    Staleness needs no markers in here: a series that the newest scrape does not have is stale.
    """

    def __init__(self, most_values: int) -> None:
        self._most_values = most_values
        self._scrapes: deque[Scrape] = deque()
        self._values = 0

    def append(self, scrape: Scrape, keep: float) -> None:
        """Add the newest scrape and forget what is older than ``keep`` seconds."""
        self._scrapes.append(scrape)
        self._values += scrape.kept
        while self._scrapes[0].at < scrape.at - keep * 1000 or self._overfull:
            self._values -= self._scrapes.popleft().kept

    @property
    def _overfull(self) -> bool:
        count = len(self._scrapes)
        return count > _MOST_SCRAPES or (count > _FEWEST_SCRAPES and self._values > self._most_values)

    @property
    def values(self) -> int:
        """How many values are held."""
        return self._values

    def scrapes(self) -> tuple[Scrape, ...]:
        """All scrapes, oldest first."""
        return tuple(self._scrapes)
