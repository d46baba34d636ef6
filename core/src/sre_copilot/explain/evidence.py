"""The ids of evidence: what a paragraph, a factor or an action may cite. They are made here and nowhere else.

A gate, a finding and a signal are cited by their own keys, which rules keep apart; a log pattern by its key
behind ``log:``, because the key of an unknown pattern is made from a log line and must not pass for a gate.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import attrs

from sre_copilot.explain.status import LogPatternRow, StatusDocument
from sre_copilot.health.causes import BLIND
from sre_copilot.health.decision import Decision
from sre_copilot_hookspecs import Mode

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
    judged = (result.key for result in decision.gates if result.margin is not None)
    read = (result.signal for result in decision.gates if result.value is not None)
    shown = (signal for finding in decision.findings for signal, _ in finding.evidence)
    found = (finding.key for finding in decision.findings)
    return _exhibits(judged, found, (*read, *shown), log_patterns, blind=decision.mode is Mode.BLIND)


def exhibits_of(status: StatusDocument) -> tuple[Exhibit, ...]:
    """The same from what was stored of a decision; every signal that was read is among them."""
    judged = (row.key for row in status.gates if row.margin is not None)
    read = (row.key for row in (*status.primary_signals, *status.amplifiers) if row.value is not None)
    shown = (signal for finding in status.findings for signal, _ in finding.evidence)
    found = (finding.key for finding in status.findings)
    return _exhibits(judged, found, (*read, *shown), status.log_patterns, blind=status.mode == Mode.BLIND.value)


def evidence_ids(decision: Decision, log_patterns: Sequence[LogPatternRow] = ()) -> frozenset[str]:
    """The ids of :func:`exhibits`."""
    return frozenset(exhibit.id for exhibit in exhibits(decision, log_patterns))


def _exhibits(
    judged: Iterable[str],
    found: Iterable[str],
    read: Iterable[str],
    log_patterns: Sequence[LogPatternRow],
    *,
    blind: bool,
) -> tuple[Exhibit, ...]:
    named = (
        *((EvidenceKind.GATE, key) for key in judged),
        *((EvidenceKind.FINDING, key) for key in found),
        *((EvidenceKind.SIGNAL, key) for key in read),
        *((EvidenceKind.LOG_PATTERN, log_id(pattern.key)) for pattern in log_patterns),
        *(((EvidenceKind.BLINDNESS, BLIND),) if blind else ()),
    )
    return tuple(dict.fromkeys(Exhibit(key, kind) for kind, key in named))
