"""What the log said while gates fired, looked up when a decision is recorded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.logs import log_rows
from sre_copilot.explain.status import LogPatternRow, StatusDocument
from sre_copilot.health.decision import Decision, Outcome
from sre_copilot.narrative.correlation import WITHIN_SECONDS, Correlated, Firing, correlate
from sre_copilot.narrative.silence import log_note
from sre_copilot.store.rows import AttachedWindow, LoggedPattern, LogWindow
from sre_copilot.workflows.log_view import LogView
from sre_copilot_hookspecs import CopilotError, Level, Silence

log = logging.getLogger(__name__)

LOOKBACK = 300.0
"""Seconds of the log that a status shows."""

PATIENCE = 1.0
"""Seconds that the log may delay a recording."""

MOST_ROWS = 20
"""Log patterns of a status: attached ones come first, and nobody reads more."""

MOST_ATTACHED = 500
"""Windows of patterns that one cycle ties to gates; the rest is tied by the next ones. Aurora DSQL takes 3,000 rows."""

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
        """The patterns of these windows, with the gates that they are known to accompany."""

    async def attach_logs(self, cluster: str, attached: Sequence[AttachedWindow]) -> None:
        """Keep which gates the patterns of windows accompanied; it may be repeated without harm."""


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
        self._firing: dict[str, tuple[Firing, ...]] = {}
        self._over: dict[str, tuple[Firing, ...]] = {}
        self._facts: dict[str, tuple[str, tuple[str, ...]]] = {}

    async def beside(self, decision: Decision) -> Beside:
        """What the log says about a decision; nothing where that cannot be found out in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                firing = await self._firing_now(decision)
                view = await self._view(decision.cluster, decision.at)
                if not view.windows:
                    return Beside(_since(firing))
                firings = (*firing, *self._over.get(decision.cluster, ()))
                found = correlate(
                    view.pattern_windows,
                    firings,
                    known=view.attached,
                    goes_on=view.goes_on,
                    within_seconds=self._within,
                )
                await self._attach(decision.cluster, view, found, firings)
        except (CopilotError, TimeoutError) as failure:
            log.warning("The log beside a decision about cluster %s is left out: %s", decision.cluster, failure)
            return Beside()
        return Beside(_since(firing), log_rows(found[:MOST_ROWS]), self._note(decision, found, view.problem))

    def _note(self, decision: Decision, found: Sequence[Correlated], problem: str) -> str:
        cause = decision.cause
        if not cause.carried:
            self._facts[decision.cluster] = (cause.key, cause.facts)
            return log_note(cause.key, cause.facts, found, self._silences, problem=problem)
        # What spoke for a cause that is over has stopped firing; its lines may have come since.
        key, facts = self._facts.get(decision.cluster, ("", ()))
        return log_note(cause.key, facts, found, self._silences, problem=problem) if key == cause.key else ""

    async def _firing_now(self, decision: Decision) -> tuple[Firing, ...]:
        before = self._firing.get(decision.cluster)
        if before is None:
            before = _known(await self._store.latest_status(decision.cluster))
        since = {one.gate: one.since for one in before}
        now = tuple(Firing(key, signal, since.get(key, decision.at)) for key, signal in _speaking(decision))
        self._firing[decision.cluster] = now
        self._remember_ended(decision, before, now)
        return now

    def _remember_ended(self, decision: Decision, before: Sequence[Firing], now: Sequence[Firing]) -> None:
        """Keep what has just stopped firing as long as the log around it is shown."""
        still = {one.gate for one in now}
        ended = [attrs.evolve(one, until=decision.at) for one in before if one.gate not in still]
        oldest = decision.at - TimeDelta(seconds=LOOKBACK)
        kept = [one for one in self._over.get(decision.cluster, ()) if one.until is not None and one.until > oldest]
        self._over[decision.cluster] = (*kept, *ended)

    async def _view(self, cluster: str, at: Instant) -> LogView:
        since = at - TimeDelta(seconds=LOOKBACK)
        windows = await self._store.log_windows(cluster, since, at, MOST_WINDOWS)
        patterns = await self._store.log_patterns(cluster, since, at, limit=MOST_PATTERNS) if windows else ()
        return LogView(since, windows, patterns)

    async def _attach(
        self, cluster: str, view: LogView, found: Sequence[Correlated], firings: Sequence[Firing]
    ) -> None:
        missing = view.missing(found, {(one.gate, one.since): one.until for one in firings})
        if not missing:
            return
        try:
            await self._store.attach_logs(cluster, missing[:MOST_ATTACHED])
        except CopilotError as failure:
            # The status says it all the same, and the next cycle tries again.
            log.warning("Gates beside log patterns of cluster %s are not stored: %s", cluster, failure)


def _speaking(decision: Decision) -> Iterator[tuple[str, str]]:
    """Everything that speaks now, with each signal that it rests on."""
    for gate in decision.gates:
        if gate.outcome is Outcome.FIRED and gate.level in SPEAKING:
            yield gate.key, gate.signal
    for finding in decision.findings:
        yield from ((finding.key, signal) for signal, _ in finding.evidence)


def _since(firing: Iterable[Firing]) -> Mapping[str, Instant]:
    return {one.gate: one.since for one in firing}


def _known(status: StatusDocument | None) -> tuple[Firing, ...]:
    """What fired in the last decision before a restart. When a finding began is not kept; it begins anew."""
    if status is None:
        return ()
    fired = (row for row in status.gates if row.outcome == Outcome.FIRED.value)
    return tuple(Firing(row.key, row.signal, row.since) for row in fired if row.since is not None)
