"""The status of a cluster as a document: every number and word that a terminal, an API or a dashboard shows.

It is written once, when a decision is recorded, and stored with it. Readers add nothing but its age.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from whenever import Instant


@attrs.frozen
class SignalRow:
    """One signal: a value, or the reason there is none."""

    key: str
    category: str
    service: str
    unit: str
    value: float | None
    display: str
    """The value as a person reads it, such as ``12.3/s`` or ``missing: warming up``."""
    age_seconds: float | None = None
    missing: str | None = None
    """The reason there is no value."""
    detail: str = ""
    note: str = ""
    series: tuple[tuple[Mapping[str, str], float], ...] = ()
    dropped: int = 0


@attrs.frozen
class GateRow:
    """One gate, with the sentence it says."""

    key: str
    level: str
    outcome: str
    signal: str
    unit: str
    value: float | None
    threshold: float
    margin: float | None
    sentence: str
    where: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class ServiceRow:
    """One actor of the cluster."""

    key: str
    name: str
    progress: str
    pressure: str
    dominant_signal: str | None = None
    facts: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


@attrs.frozen
class FindingRow:
    """Pressure that an evaluator found."""

    key: str
    pressure: str
    service: str
    says: str
    remedy: str
    evidence: tuple[tuple[str, float], ...] = ()


@attrs.frozen
class ActionRow:
    """Something to do."""

    kind: str
    target: str
    says: str
    risk: str
    parameters: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class ProblemRow:
    """A plugin that failed in this cycle."""

    plugin: str
    where: str
    says: str


@attrs.frozen
class StatusDocument:
    """What was decided about one cluster at one instant, in full."""

    id: str
    """The decision's id."""
    cluster: str
    health_state: str
    since: Instant
    cause: str
    """Name of the cause, ``none`` where nobody is to blame."""
    reason: str
    observed_at: Instant
    band: str
    mode: str
    bottleneck: str
    visibility: float
    confidence: float
    critical_cycles: int
    """How many of the ``debounce`` consecutive cycles towards Critical have passed."""
    debounce: int
    ruleset: str
    cycle_seconds: float
    """The cluster's cycle: after three of them without an observation the state is unknown."""
    primary_signals: tuple[SignalRow, ...]
    amplifiers: tuple[SignalRow, ...]
    gates: tuple[GateRow, ...]
    services: tuple[ServiceRow, ...]
    findings: tuple[FindingRow, ...] = ()
    runners_up: tuple[str, ...] = ()
    cause_says: str = ""
    carried: bool = False
    """The cause is taken over from earlier cycles."""
    recommended_actions: tuple[ActionRow, ...] = ()
    log_patterns: tuple[Mapping[str, str], ...] = ()
    trends: Mapping[str, str] = attrs.field(factory=dict)
    problems: tuple[ProblemRow, ...] = ()
