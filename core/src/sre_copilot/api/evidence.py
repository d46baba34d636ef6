"""What a decision rests on, as one list: fired gates, findings and log patterns."""

from __future__ import annotations

from collections.abc import Iterator

from sre_copilot.api.rows import Evidence
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Outcome


def evidence_of(status: StatusDocument) -> tuple[Evidence, ...]:
    """Everything that speaks in a decision, gates first."""
    return (*_gates(status), *_findings(status), *_patterns(status))


def _gates(status: StatusDocument) -> Iterator[Evidence]:
    for gate in status.gates:
        if gate.outcome == Outcome.FIRED.value:
            yield Evidence(gate.key, "gate", gate.sentence, gate.value, gate.threshold, gate.unit, gate.where)


def _findings(status: StatusDocument) -> Iterator[Evidence]:
    for finding in status.findings:
        yield Evidence(finding.key, "finding", finding.says)


def _patterns(status: StatusDocument) -> Iterator[Evidence]:
    for pattern in status.log_patterns:
        yield Evidence(pattern.key, "log pattern", pattern.means or pattern.template, float(pattern.count))
