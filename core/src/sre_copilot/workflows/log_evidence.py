"""What the log said while gates fired, looked up when a decision is recorded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.logs import log_rows
from sre_copilot.explain.status import LogPatternRow, StatusDocument
from sre_copilot.health.decision import Decision, Outcome
from sre_copilot.narrative.correlation import WITHIN_SECONDS, Firing, PatternWindow, correlate
from sre_copilot.narrative.silence import log_note
from sre_copilot.store.rows import LoggedPattern, LogWindow
from sre_copilot_hookspecs import CopilotError, Level, Silence

log = logging.getLogger(__name__)

LOOKBACK = 300.0
"""Seconds of the log that a status shows."""

PATIENCE = 1.0
"""Seconds that the log may delay a recording."""

MOST_ROWS = 20
"""Log patterns of a status: attached ones come first, and nobody reads more."""

MOST_WINDOWS = 400
MOST_PATTERNS = 2_000
"""What five minutes come to at a reading a second; more is not looked at."""


SPEAKING = (Level.CRITICAL, Level.STRESSED, Level.EVIDENCE)
"""What a person would look up in a log; that nothing is asked, or all is well, needs no line."""


class KeptLogs(Protocol):
    """What the store knows about logs and about the last decision."""

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        """The status of the newest decision."""

    async def log_windows(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[LogWindow, ...]:
        """Windows that end in a span of time."""

    async def log_patterns(
        self, cluster: str, since: Instant, until: Instant, *, service: str | None = None, limit: int
    ) -> tuple[LoggedPattern, ...]:
        """The patterns of these windows."""


@attrs.frozen
class Beside:
    """What stands beside a decision, and decided nothing."""

    firing_since: Mapping[str, Instant] = attrs.field(factory=dict)
    """When each fired gate was first seen to fire, without a pause since."""
    log_patterns: tuple[LogPatternRow, ...] = ()
    log_note: str = ""


class LogEvidence:
    """Attaches log patterns to the gates that fired when they rose."""

    def __init__(self, store: KeptLogs, silences: Sequence[Silence], *, within: float = WITHIN_SECONDS) -> None:
        """:param within: seconds before a firing in which a rise belongs to it."""
        self._store = store
        self._silences = tuple(silences)
        self._within = within
        self._firing: dict[str, Mapping[str, Instant]] = {}
        self._over: dict[str, tuple[Firing, ...]] = {}

    async def beside(self, decision: Decision) -> Beside:
        """What the log says about a decision; nothing where that cannot be found out in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                firing = await self._firing_since(decision)
                windows, problem = await self._windows(decision.cluster, decision.at)
        except (CopilotError, TimeoutError) as failure:
            log.warning("The log beside a decision about cluster %s is left out: %s", decision.cluster, failure)
            return Beside()
        if not windows:
            return Beside(firing)
        signals = {gate.key: gate.signal for gate in decision.gates}
        firings = [Firing(gate, signals[gate], since) for gate, since in firing.items()]
        found = correlate(windows, [*firings, *self._over.get(decision.cluster, ())], within_seconds=self._within)
        note = log_note(decision.cause.key, decision.cause.facts, found, self._silences, problem=problem)
        return Beside(firing, log_rows(found[:MOST_ROWS]), note)

    async def _firing_since(self, decision: Decision) -> Mapping[str, Instant]:
        before = self._firing.get(decision.cluster)
        if before is None:
            before = _known(await self._store.latest_status(decision.cluster))
        fired = [gate.key for gate in decision.gates if gate.outcome is Outcome.FIRED and gate.level in SPEAKING]
        now = {gate: before.get(gate, decision.at) for gate in fired}
        self._firing[decision.cluster] = now
        self._remember_ended(decision, before, now)
        return now

    def _remember_ended(self, decision: Decision, before: Mapping[str, Instant], now: Mapping[str, Instant]) -> None:
        """Keep what has just stopped firing as long as the log around it is shown."""
        signals = {gate.key: gate.signal for gate in decision.gates}
        ended = [
            Firing(gate, signals[gate], since, decision.at)
            for gate, since in before.items()
            if gate not in now and gate in signals
        ]
        oldest = decision.at - TimeDelta(seconds=LOOKBACK)
        kept = [one for one in self._over.get(decision.cluster, ()) if one.until is not None and one.until > oldest]
        self._over[decision.cluster] = (*kept, *ended)

    async def _windows(self, cluster: str, at: Instant) -> tuple[list[PatternWindow], str]:
        since = at - TimeDelta(seconds=LOOKBACK)
        windows = await self._store.log_windows(cluster, since, at, MOST_WINDOWS)
        if not windows:
            return [], ""
        patterns = await self._store.log_patterns(cluster, since, at, limit=MOST_PATTERNS)
        made = [
            PatternWindow(
                window.since, window.until, tuple(row.pattern for row in patterns if row.until == window.until)
            )
            for window in windows
        ]
        return made, next(iter(windows[-1].problems), "")


def _known(status: StatusDocument | None) -> Mapping[str, Instant]:
    if status is None:
        return {}
    return {row.key: row.since for row in status.gates if row.outcome == Outcome.FIRED.value and row.since}
