"""The API's answers, as the fields they have on the wire."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from whenever import Instant

from sre_copilot.explain.status import (
    ActionRow,
    ExplanationRow,
    FindingRow,
    IssueRow,
    LogPatternRow,
    ProblemRow,
    ServiceRow,
    SignalRow,
    WorkerRuleRow,
)


@attrs.frozen
class ServedStatus:
    """``/status``: one cluster, in full. What was never observed is ``null`` or empty."""

    cluster: str | None
    health_state: str
    last_known_state: str | None
    since: Instant | None
    cause: str
    reason: str
    observed_at: Instant | None
    age_seconds: float | None
    stale: bool
    """Too old to speak of now: three cycles were missed."""
    degraded: bool
    """The store did not answer: this is what was last heard from it."""
    visibility: float | None = None
    confidence: float | None = None
    band: str | None = None
    mode: str | None = None
    bottleneck: str | None = None
    cause_says: str = ""
    carried: bool = False
    critical_cycles: int = 0
    debounce: int | None = None
    cycle_seconds: float | None = None
    primary_signals: tuple[SignalRow, ...] = ()
    amplifiers: tuple[SignalRow, ...] = ()
    explanation: ExplanationRow | None = None
    issues: tuple[IssueRow, ...] = ()
    log_patterns: tuple[LogPatternRow, ...] = ()
    log_note: str = ""
    findings: tuple[FindingRow, ...] = ()
    recommended_actions: tuple[ActionRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    runners_up: tuple[str, ...] = ()
    trends: Mapping[str, str] = attrs.field(factory=dict)
    ruleset: str | None = None
    decision: str | None = None
    """The decision's id."""
    problems: tuple[ProblemRow, ...] = ()
    worker_rules: tuple[WorkerRuleRow, ...] = ()
    """What must not be done to workers now, or is worth knowing before."""


@attrs.frozen
class ServedGate:
    """One gate. Its outcome is unknown once the observation is stale; what it was stands beside it."""

    key: str
    level: str
    outcome: str
    last_known_outcome: str | None
    signal: str
    unit: str
    value: float | None
    threshold: float
    margin: float | None
    sentence: str
    where: Mapping[str, str]


@attrs.frozen
class ServedGates:
    """``/status/gates``."""

    cluster: str | None
    decision: str | None
    observed_at: Instant | None
    age_seconds: float | None
    stale: bool
    degraded: bool
    gates: tuple[ServedGate, ...]


@attrs.frozen
class ServedEntry:
    """One row of the timeline: from ``at`` on, until the next row, this was the state."""

    at: Instant
    state: str
    cause: str
    reason: str
    visibility: float | None = None
    mode: str | None = None
    band: str | None = None
    changed: bool = False
    """The decision changed the state; rows for gaps have no decision."""
    decision: str | None = None
    ruleset: str | None = None
    """Digest of the rules that decided; where it changes, new rules were taken over."""


@attrs.frozen
class ServedTimeline:
    """``/status/timeline``, oldest first."""

    cluster: str
    start: Instant
    end: Instant
    rows: tuple[ServedEntry, ...]
    next: Instant | None
    """The ``start`` of the next page, where ``limit`` cut this one off."""


@attrs.frozen
class ServedCluster:
    """One row of ``/clusters``."""

    name: str
    health_state: str
    last_known_state: str | None
    since: Instant | None
    cause: str
    reason: str
    observed_at: Instant | None
    age_seconds: float | None
    stale: bool
    cycle_seconds: float
    added_at: Instant


@attrs.frozen
class ServedClusters:
    """``/clusters``: every cluster that is watched, by name."""

    clusters: tuple[ServedCluster, ...]
    degraded: bool
