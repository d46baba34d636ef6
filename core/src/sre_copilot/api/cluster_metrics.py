"""The metrics that are made from the newest status of a cluster, each declared once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import attrs
from whenever import Instant

from sre_copilot.api.board import Standing
from sre_copilot.api.freshness import freshness
from sre_copilot.api.serving import open_issues, served_gates
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Outcome

MOST_PATTERNS = 50
"""Log patterns of a cluster that become series: those that were counted most."""
MOST_PROBLEMS = 50
"""Failed plugins of a cluster that become series."""

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values of labels, without the cluster's, and what was measured."""


@attrs.frozen
class ClusterMetric:
    """One gauge about each cluster."""

    name: str
    says: str
    labels: tuple[str, ...]
    """Besides ``cluster``."""
    samples: Callable[[Standing, StatusDocument, Instant], Samples]
    needs_freshness: bool = True
    """Left out once the observation is stale."""


def _age(standing: Standing, _status: StatusDocument, now: Instant) -> Samples:
    age = freshness(standing.status, now).age_seconds
    assert age is not None
    yield (), age


def _lag(standing: Standing, status: StatusDocument, now: Instant) -> Samples:
    age = freshness(standing.status, now).age_seconds
    assert age is not None
    yield (), max(0.0, age - status.cycle_seconds)


def _signals(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    for row in status.primary_signals + status.amplifiers:
        if row.value is not None:
            yield (row.key, row.category, row.service, row.unit), float(row.value)


def _missing(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    for row in status.primary_signals + status.amplifiers:
        if row.missing is not None:
            yield (row.key, row.missing), 1.0


def _missing_by_reason(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    rows = status.primary_signals + status.amplifiers
    for reason, count in Counter(row.missing for row in rows if row.missing is not None).items():
        yield (reason,), float(count)


def _gates(standing: Standing, _status: StatusDocument, now: Instant) -> Samples:
    for gate in served_gates(standing, now):
        for outcome in Outcome:
            yield (gate.key, gate.level, outcome.value), float(outcome.value == gate.outcome)


def _patterns(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    counts: Counter[tuple[str, str]] = Counter()
    for row in status.log_patterns:
        counts[row.key, row.service] += row.count
    return [(labels, float(count)) for labels, count in counts.most_common(MOST_PATTERNS)]


def _problems(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    counts = Counter((problem.plugin, problem.where) for problem in status.problems)
    return [(labels, float(count)) for labels, count in counts.most_common(MOST_PROBLEMS)]


def _issues(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    yield (), float(open_issues(status))


def _field(name: str) -> Callable[[Standing, StatusDocument, Instant], Samples]:
    def samples(_standing: Standing, status: StatusDocument, _now: Instant) -> Iterator[tuple[tuple[str, ...], float]]:
        yield (), float(getattr(status, name))

    return samples


def _cause(_standing: Standing, status: StatusDocument, _now: Instant) -> Samples:
    yield (status.cause,), 1.0


CLUSTER_METRICS = (
    ClusterMetric(
        "sre_copilot_observation_age_seconds", "Time since the newest observation.", (), _age, needs_freshness=False
    ),
    ClusterMetric(
        "sre_copilot_cycle_lag_seconds",
        "How long the next observation is overdue.",
        (),
        _lag,
        needs_freshness=False,
    ),
    ClusterMetric(
        "sre_copilot_cycle_duration_seconds", "How long the newest observation took.", (), _field("elapsed_seconds")
    ),
    ClusterMetric(
        "sre_copilot_cycle_seconds",
        "Seconds between two observations.",
        (),
        _field("cycle_seconds"),
        needs_freshness=False,
    ),
    ClusterMetric(
        "sre_copilot_visibility_ratio",
        "Share of the primary signals that could be seen.",
        (),
        _field("visibility"),
    ),
    ClusterMetric("sre_copilot_confidence_ratio", "Confidence in the decision.", (), _field("confidence")),
    ClusterMetric(
        "sre_copilot_cause", "1 for the cause that was named; none where nobody is to blame.", ("cause",), _cause
    ),
    ClusterMetric("sre_copilot_open_issues", "Issues that are not resolved.", (), _issues),
    ClusterMetric(
        "sre_copilot_signal",
        "A signal as it was read, in its unit.",
        ("signal", "category", "service", "unit"),
        _signals,
    ),
    ClusterMetric("sre_copilot_signal_missing", "1 for a signal without a value.", ("signal", "reason"), _missing),
    ClusterMetric(
        "sre_copilot_source_errors",
        "Signals that the sources could not give in the newest cycle.",
        ("reason",),
        _missing_by_reason,
    ),
    ClusterMetric(
        "sre_copilot_plugin_errors",
        "Failures of plugins in the newest cycle.",
        ("plugin", "where"),
        _problems,
    ),
    ClusterMetric(
        "sre_copilot_gate",
        "1 for the outcome that the gate has.",
        ("gate", "level", "outcome"),
        _gates,
        needs_freshness=False,
    ),
    ClusterMetric(
        "sre_copilot_log_pattern_count",
        "Lines of a log pattern in its newest window.",
        ("pattern", "service"),
        _patterns,
    ),
)
"""Bounded by what a cluster has: its signals, its gates, and at most fifty patterns and failures."""
