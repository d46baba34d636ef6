"""Writing the status document of one cycle from its receipt and the rules that decided."""

from __future__ import annotations

from collections.abc import Mapping

from whenever import Instant

from sre_copilot.explain.compose import explain
from sre_copilot.explain.issues import issue_rows
from sre_copilot.explain.rows import action_rows, explanation_row
from sre_copilot.explain.status import (
    FindingRow,
    GateRow,
    LogPatternRow,
    ProblemRow,
    ServiceRow,
    SignalRow,
    StatusDocument,
    WorkerRuleRow,
)
from sre_copilot.health.decision import Decision, GateResult, Outcome
from sre_copilot.health.reasons import reason
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset, SignalRule
from sre_copilot.health.sentences import quantity, sentence
from sre_copilot.health.trends import trends
from sre_copilot_hookspecs import Category, Level, Missing, Sample, Unit


def present(
    ruleset: Ruleset,
    receipt: Receipt,
    *,
    cycle_seconds: float,
    log_patterns: tuple[LogPatternRow, ...] = (),
    log_note: str = "",
    firing_since: Mapping[str, Instant] | None = None,
) -> StatusDocument:
    """Everything that readers show of a decision.

    :param ruleset: the rules the receipt was decided with.
    :param cycle_seconds: the cluster's cycle, so that a reader knows when the next decision is due.
    :param log_patterns: what the logs said meanwhile.
    :param log_note: what they do not say, as one sentence.
    :param firing_since: when each fired gate was first seen to fire, without a pause since.
    """
    decision = receipt.decision
    explanation = explain(ruleset, decision, log_patterns)
    rows = [_signal_row(rule, receipt) for rule in ruleset.signals]
    primary = (Category.PRIMARY.value, Category.DEMAND.value)
    return StatusDocument(
        id=str(receipt.id),
        cluster=decision.cluster,
        health_state=decision.state.value,
        since=decision.since,
        cause=decision.cause.name,
        reason=reason(ruleset, decision),
        observed_at=decision.at,
        band=decision.band.value,
        mode=decision.mode.value,
        bottleneck=decision.bottleneck.value,
        visibility=decision.visibility,
        confidence=decision.confidence,
        critical_cycles=decision.memory.critical_cycles,
        debounce=decision.debounce,
        ruleset=decision.ruleset,
        cycle_seconds=cycle_seconds,
        primary_signals=tuple(row for row in rows if row.category in primary),
        amplifiers=tuple(row for row in rows if row.category not in primary),
        gates=_gate_rows(ruleset, decision, firing_since or {}),
        services=_service_rows(decision),
        findings=_finding_rows(decision),
        runners_up=tuple(cause.name for cause in decision.runners_up),
        cause_says=decision.cause.says,
        carried=decision.cause.carried,
        recommended_actions=action_rows(explanation),
        explanation=explanation_row(explanation),
        issues=issue_rows(ruleset, receipt),
        log_patterns=log_patterns,
        log_note=log_note,
        worker_rules=tuple(
            WorkerRuleRow(rule.key, rule.severity.value, rule.says, rule.facts, dict(rule.where))
            for rule in decision.worker_rules
        ),
        trends={trend.signal: trend.direction.value for trend in trends(ruleset.gates, decision.memory.recent)},
        problems=tuple(
            ProblemRow(problem.plugin, problem.where, problem.says) for problem in receipt.observation.problems
        ),
        elapsed_seconds=receipt.observation.elapsed,
    )


def _signal_row(rule: SignalRule, receipt: Receipt) -> SignalRow:
    found = receipt.observation.reading.samples.get(rule.key)
    named = (rule.key, rule.category.value, rule.service, rule.unit.value)
    source = receipt.observation.answered.get(rule.key, "")
    if isinstance(found, Sample):
        return SignalRow(
            *named,
            found.value,
            quantity(found.value, rule.unit),
            found.age,
            note=found.note,
            series=tuple((dict(value.labels), value.value) for value in found.series),
            dropped=found.dropped,
            source=source,
        )
    reason = found.reason.value if isinstance(found, Missing) else "not_emitted"
    detail = found.detail if isinstance(found, Missing) else "No source was asked for it."
    display = f"missing: {reason.replace('_', ' ')}"
    return SignalRow(*named, None, display, missing=reason, detail=detail, source=source)


def _gate_rows(ruleset: Ruleset, decision: Decision, firing_since: Mapping[str, Instant]) -> tuple[GateRow, ...]:
    """All gates: first those that mean critical or stressed, fired before unknown before clear; then the others."""
    gates = {gate.key: gate for gate in ruleset.gates}
    units = {rule.key: rule.unit for rule in ruleset.signals}
    outcomes = (Outcome.FIRED, Outcome.UNKNOWN, Outcome.CLEAR)
    levels = list(Level)

    def order(result: GateResult) -> tuple[bool, int, int, float, str]:
        speaks = result.level in (Level.CRITICAL, Level.STRESSED)
        margin = -(result.margin or 0.0)
        return (not speaks, outcomes.index(result.outcome), levels.index(result.level), margin, result.key)

    return tuple(
        GateRow(
            key=result.key,
            level=result.level.value,
            outcome=result.outcome.value,
            signal=result.signal,
            unit=(Unit.RATIO if gates[result.key].relative else units[result.signal]).value,
            value=result.value,
            threshold=result.threshold,
            margin=result.margin,
            sentence=sentence(gates[result.key], result, units[result.signal]),
            where=dict(result.where),
            since=firing_since.get(result.key),
        )
        for result in sorted(decision.gates, key=order)
    )


def _service_rows(decision: Decision) -> tuple[ServiceRow, ...]:
    return tuple(
        ServiceRow(
            status.key,
            status.name,
            status.progress.value,
            status.pressure.value,
            status.dominant_signal,
            status.facts,
            status.expected,
        )
        for status in decision.services
    )


def _finding_rows(decision: Decision) -> tuple[FindingRow, ...]:
    return tuple(
        FindingRow(
            finding.key,
            finding.pressure.value,
            finding.service,
            finding.says,
            finding.remedy,
            finding.evidence,
        )
        for finding in decision.findings
    )
