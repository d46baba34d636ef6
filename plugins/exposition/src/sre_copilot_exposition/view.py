"""What is known about one target at the instant of an evaluation."""

from __future__ import annotations

import attrs

from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.targets import Target
from sre_copilot_hookspecs import Dialect

LOOK_BACK = 300_000  # milliseconds; Prometheus's default
"""How old the newest sample of a series may be. Only samples that carry their own time can be older."""


@attrs.frozen(eq=False)
class TargetView:
    """A target, its dialect and its last scrapes, oldest first; at least one."""

    target: Target
    dialect: Dialect
    scrapes: tuple[Scrape, ...]
    foreign: bool = False
    """Whether it has nothing of what was asked for, so that it cannot be the process it is taken for."""

    @property
    def latest(self) -> Scrape:
        """The newest scrape."""
        return self.scrapes[-1]

    @property
    def up(self) -> bool:
        """Whether the newest scrape succeeded."""
        return self.latest.up

    def frozen(self, at: int) -> bool:
        """Whether everything it tells is too old, although it answers: only possible with times of its own."""
        latest = self.latest
        if not latest.stamps or len(latest.stamps) < latest.kept:
            return False
        return max(latest.stamps.values()) <= at - LOOK_BACK
