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
    source: str = ""
    """The key of the source that gave the value or the reason; empty where that is not known."""


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
    since: Instant | None = None
    """While it fires: when it was first seen to fire, without a pause since."""


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
    confidence: float | None = None
    """0 to 1, how sure it is that this helps."""
    evidence: tuple[str, ...] = ()
    """Keys of the gates, findings and log patterns it rests on."""


@attrs.frozen
class WorkerRuleRow:
    """A rule about workers that holds now."""

    key: str
    severity: str
    says: str
    facts: tuple[str, ...] = ()
    where: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class LogPatternRow:
    """A repeated kind of log line, with what it means and the gates that fired at the same time."""

    key: str
    service: str
    """Who wrote the lines, or empty where nobody knows."""
    severity: str
    count: int
    """Lines in the window that ``first_at`` and ``last_at`` span."""
    template: str
    """The line with typed placeholders such as ``<uuid>``."""
    first_at: Instant
    last_at: Instant
    means: str = ""
    remedy: str = ""
    sample: str = ""
    """One redacted line."""
    new: bool = False
    """No parser knows it, and it was not there before or grew tenfold."""
    gates: tuple[str, ...] = ()
    """Gates that fired, and findings, shortly after or while it rose, in the order in which they did. Empty where none
    did, or none that such lines explain."""
    lag_seconds: float | None = None
    """From its rise to the firing of the first of these gates; negative where it rose afterwards, ``null`` where it
    accompanies none."""


@attrs.frozen
class IssueRow:
    """A cause at a service, from its opening to its end."""

    id: str
    """The same for the whole life of the issue."""
    cause: str
    service: str
    severity: str
    """``warning`` or ``critical``: the worst it has been."""
    title: str
    opened_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None


@attrs.frozen
class ParagraphRow:
    """One part of an explanation."""

    key: str
    title: str
    text: str
    evidence: tuple[str, ...] = ()


@attrs.frozen
class ExplanationRow:
    """What is going on, why, and what to watch, in words."""

    title: str
    paragraphs: tuple[ParagraphRow, ...]
    confidence: float
    explained_by: str = "rules"
    note: str = ""
    """Why a configured model was not heard."""


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
    explanation: ExplanationRow | None = None
    issues: tuple[IssueRow, ...] = ()
    """Those that are open, and those that this decision resolved."""
    log_patterns: tuple[LogPatternRow, ...] = ()
    log_note: str = ""
    """What the logs do not say, as one sentence."""
    trends: Mapping[str, str] = attrs.field(factory=dict)
    problems: tuple[ProblemRow, ...] = ()
    worker_rules: tuple[WorkerRuleRow, ...] = ()
    """What must not be done to workers now, or is worth knowing before."""
    elapsed_seconds: float = 0.0
    """How long the observation took."""
