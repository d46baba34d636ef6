"""The ids of evidence: what a paragraph, a factor or an action may cite. They are made here and nowhere else.

A gate, a finding and a signal are cited by their own keys, which rules keep apart; a log pattern by its key
behind ``log:``, because the key of an unknown pattern is made from a log line and must not pass for a gate.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import attrs

from sre_copilot.explain.status import LogPatternRow
from sre_copilot.health.causes import BLIND
from sre_copilot.health.decision import Decision, Outcome

LOG = "log:"


class EvidenceKind(enum.Enum):
    """What an id names."""

    GATE = "gate"
    FINDING = "finding"
    SIGNAL = "signal"
    LOG_PATTERN = "log pattern"
    BLINDNESS = "blindness"


@attrs.frozen
class Exhibit:
    """One piece of evidence."""

    id: str
    kind: EvidenceKind


def log_id(pattern: str) -> str:
    """The id of a log pattern with that key."""
    return f"{LOG}{pattern}"


def exhibits(decision: Decision, log_patterns: Sequence[LogPatternRow] = ()) -> tuple[Exhibit, ...]:
    """Everything that may be cited about a decision: gates that were judged, findings, signals that were read,
    log patterns. A gate that is unknown is evidence of nothing.
    """
    judged = [result for result in decision.gates if result.outcome is not Outcome.UNKNOWN and not result.note]
    read = [result.signal for result in decision.gates if result.value is not None]
    read += [signal for finding in decision.findings for signal, _ in finding.evidence]
    blind = [BLIND] if BLIND in decision.cause.facts else []
    return tuple(
        dict.fromkeys(
            (
                *_named(EvidenceKind.GATE, (result.key for result in judged)),
                *_named(EvidenceKind.FINDING, (finding.key for finding in decision.findings)),
                *_named(EvidenceKind.SIGNAL, read),
                *_named(EvidenceKind.LOG_PATTERN, (log_id(pattern.key) for pattern in log_patterns)),
                *_named(EvidenceKind.BLINDNESS, blind),
            )
        )
    )


def evidence_ids(decision: Decision, log_patterns: Sequence[LogPatternRow] = ()) -> frozenset[str]:
    """The ids of :func:`exhibits`."""
    return frozenset(exhibit.id for exhibit in exhibits(decision, log_patterns))


def _named(kind: EvidenceKind, ids: Iterable[str]) -> Iterable[Exhibit]:
    return (Exhibit(name, kind) for name in ids)
