"""The rows that the API answers with: what was stored, beside what it is worth now.

Row endpoints answer with flat arrays, so that a table has one column for each field. An array has no place for
what holds for all of its rows; therefore every row says how old it is, and headers say it where there is no row.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from whenever import Instant

from sre_copilot.explain.status import GateRow, IssueRow, LogPatternRow, ServiceRow, SignalRow


# Without slots, so that it can stand beside the rows of the stored document, which have them.
@attrs.frozen(kw_only=True, slots=False)
class Fresh:
    """How old an answer is, and what it is worth."""

    observed_at: Instant | None
    "The instant that the row speaks of; `null` where nothing was ever observed."
    age_seconds: float | None
    "How long ago that is."
    stale: bool
    "Too old to speak of now: more than three cycles were missed."
    degraded: bool
    "The store does not answer: this is what was last heard from it."
    degraded_reason: str | None = None
    "Why, in one sentence."


@attrs.frozen
class ServedGate(Fresh, GateRow):
    """One gate. Its outcome is unknown once the observation is stale; what it was stands beside it."""

    cluster: str = attrs.field(kw_only=True)
    last_known_outcome: str | None = attrs.field(kw_only=True)
    decision: str | None = attrs.field(kw_only=True)
    "Id of the decision it belongs to."


@attrs.frozen
class ServedService(Fresh, ServiceRow):
    """One actor. Its progress and pressure are unknown once the observation is stale."""

    cluster: str = attrs.field(kw_only=True)
    last_known_progress: str | None = attrs.field(kw_only=True)
    last_known_pressure: str | None = attrs.field(kw_only=True)


@attrs.frozen
class ServedSignal(Fresh, SignalRow):
    """One signal, as it was last read."""

    cluster: str = attrs.field(kw_only=True)
    trend: str | None = attrs.field(kw_only=True)
    "`improving`, `stable` or `worsening`, where the rules watch it."
    sample_age_seconds: float | None = attrs.field(kw_only=True)
    "How old the value was when it was read; `age_seconds` tells how long ago that was."


@attrs.frozen
class ServedIssue(Fresh, IssueRow):
    """One issue."""

    cluster: str = attrs.field(kw_only=True)


@attrs.frozen
class ServedLogPattern(Fresh, LogPatternRow):
    """A repeated kind of log line in one window of time."""

    cluster: str = attrs.field(kw_only=True)


@attrs.frozen
class ServedTrend(Fresh):
    """The value of one signal at one time."""

    at: Instant
    "When its step begins."
    cluster: str
    signal: str
    unit: str
    value: float | None
    "`null` where the signal could not be read, or nothing was observed in the step."


@attrs.frozen
class ServedEntry(Fresh):
    """From `at` on, until the next row, this was the state."""

    at: Instant
    cluster: str
    state: str
    "`unknown` for a gap: more than three cycles without an observation."
    cause: str
    reason: str
    visibility: float | None = None
    mode: str | None = None
    band: str | None = None
    changed: bool = False
    "The state is another one than in the row before."
    decision: str | None = None
    "Id of the decision; rows for gaps have none."
    ruleset: str | None = None
    "Digest of the rules that decided; where it changes, new rules were taken over."
    next: Instant | None = None
    "On the last row of an answer that `limit` cut off: the `start` of the next one."


@attrs.frozen
class ServedCluster(Fresh):
    """One watched cluster in short."""

    name: str
    health_state: str
    last_known_state: str | None
    since: Instant | None
    cause: str
    reason: str
    cycle_seconds: float
    added_at: Instant


@attrs.frozen
class Evidence:
    """One thing that a decision rests on."""

    key: str
    kind: str
    "`gate`, `finding` or `log pattern`."
    says: str
    value: float | None = None
    threshold: float | None = None
    unit: str | None = None
    where: Mapping[str, str] = attrs.field(factory=dict)
    "Labels of the worst value."
