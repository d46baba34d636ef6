"""The API's answers about one cluster, as the fields they have on the wire."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from whenever import Instant

from sre_copilot.api.rows import Evidence, Fresh
from sre_copilot.explain.status import (
    ActionRow,
    ExplanationRow,
    FindingRow,
    GateRow,
    IssueRow,
    LogPatternRow,
    ParagraphRow,
    ProblemRow,
    ServiceRow,
    SignalRow,
    WorkerRuleRow,
)
from sre_copilot_hookspecs import ActionKind


@attrs.frozen
class ServedStatus(Fresh):
    """One cluster, in full. What was never observed is `null` or empty."""

    cluster: str | None
    "Its name; `null` before any cluster is watched."
    health_state: str
    "What holds now; `unknown` once more than three cycles were missed."
    last_known_state: str | None
    "The state decided last, while the state is unknown for lack of observations."
    since: Instant | None
    "When `health_state` began."
    cause: str
    "Name of the cause, `none` where nobody is to blame."
    reason: str
    "One line: what the state rests on."
    visibility: float | None = None
    "0 to 1: the share of the primary signals that could be seen."
    confidence: float | None = None
    "0 to 1."
    band: str | None = None
    mode: str | None = None
    bottleneck: str | None = None
    "On which side work waits."
    cause_says: str = ""
    carried: bool = False
    "The cause is taken over from earlier cycles."
    critical_cycles: int = 0
    "How many of the `debounce` consecutive cycles towards Critical have passed."
    debounce: int | None = None
    cycle_seconds: float | None = None
    "Seconds between two observations."
    elapsed_seconds: float | None = None
    "Seconds that the observation took."
    primary_signals: tuple[SignalRow, ...] = ()
    amplifiers: tuple[SignalRow, ...] = ()
    explanation: ExplanationRow | None = None
    open_issues: int = 0
    issues: tuple[IssueRow, ...] = ()
    log_patterns: tuple[LogPatternRow, ...] = ()
    log_note: str = ""
    "What the logs do not say."
    findings: tuple[FindingRow, ...] = ()
    recommended_actions: tuple[ActionRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    runners_up: tuple[str, ...] = ()
    trends: Mapping[str, str] = attrs.field(factory=dict)
    ruleset: str | None = None
    "SHA-256 of the rules that decided."
    decision: str | None = None
    "The decision's id."
    problems: tuple[ProblemRow, ...] = ()
    "Plugins that failed in this cycle."
    worker_rules: tuple[WorkerRuleRow, ...] = ()
    "What must not be done to workers now, or is worth knowing before."


@attrs.frozen
class ServedSummary(Fresh):
    """What is going on, in words."""

    cluster: str | None
    health_state: str
    last_known_state: str | None
    since: Instant | None
    title: str
    summary: str
    "All paragraphs as one text."
    paragraphs: tuple[ParagraphRow, ...]
    confidence: float | None
    explained_by: str
    "`rules`, or the model that was heard."
    note: str
    "Why a configured model was not heard."
    open_issues: int
    decision: str | None


@attrs.frozen
class ServedDecision(Fresh):
    """One decision with its evidence. It says what was decided then, however long ago that is."""

    id: str
    cluster: str
    health_state: str
    since: Instant
    cause: str
    cause_says: str
    reason: str
    visibility: float
    confidence: float
    band: str
    mode: str
    bottleneck: str
    carried: bool
    critical_cycles: int
    debounce: int
    ruleset: str
    evidence: tuple[Evidence, ...]
    "The gates that fired, the findings and the log patterns that it rests on."
    gates: tuple[GateRow, ...]
    primary_signals: tuple[SignalRow, ...]
    amplifiers: tuple[SignalRow, ...]
    services: tuple[ServiceRow, ...]
    findings: tuple[FindingRow, ...]
    runners_up: tuple[str, ...]
    recommended_actions: tuple[ActionRow, ...]
    issues: tuple[IssueRow, ...]
    log_patterns: tuple[LogPatternRow, ...]
    explanation: ExplanationRow | None
    trends: Mapping[str, str]
    problems: tuple[ProblemRow, ...]


@attrs.frozen
class ServedEvent(Fresh):
    """What `/events` tells when a cluster has a new decision, another state, or another freshness."""

    cluster: str
    health_state: str
    before: str | None
    "The state that was told before, where there was one."
    last_known_state: str | None
    since: Instant | None
    cause: str
    reason: str
    decision: str | None


@attrs.frozen
class Word:
    """Whether something is as it should be."""

    status: str


@attrs.frozen
class ActionRequest:
    """An action to carry out: the form that a remediation plugin takes."""

    cluster: str
    kind: ActionKind
    target: str
    "What is acted on, such as a service or a worker deployment."
    decision: str
    "Id of the decision that recommends it: nothing is done without evidence."
    parameters: Mapping[str, str] = attrs.field(factory=dict)
    dry_run: bool = True
    "Say what would be done, and do nothing."
