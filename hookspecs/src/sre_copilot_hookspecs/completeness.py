"""What processes lack of what signals ask them for, although they export the metric; for ``doctor``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sre_copilot_hookspecs.dialects import Dialect
from sre_copilot_hookspecs.expressions import Expr
from sre_copilot_hookspecs.matchers import MatchOperator
from sre_copilot_hookspecs.metrics import Metric
from sre_copilot_hookspecs.operations import CheckOutcome, CheckResult
from sre_copilot_hookspecs.signals import Signal
from sre_copilot_hookspecs.wire import (
    BUCKET,
    COUNT,
    SYNTHETIC,
    TARGET_LABELS,
    can_have,
    conditions_of,
    label_of,
    lack,
    names_of,
    parts_of,
    wire_name,
)

# A label that must be something has to be there; one that must not be something need not.
_NEEDING = (MatchOperator.EQUAL, MatchOperator.MATCHES)


def lacking_buckets(
    dialect: Dialect, role: str, signals: Iterable[Signal], offered: Collection[str]
) -> tuple[str, ...]:
    """Names of distributions that are counted, but not in the buckets that quantiles are computed from."""
    asked = _asked(dialect, role, signals)
    names = {wire_name(dialect, metric) for part, metric in asked if BUCKET in parts_of(part)}
    return tuple(sorted(name for name in names if name + COUNT in offered and name + BUCKET not in offered))


def needed_labels(dialect: Dialect, role: str, signals: Iterable[Signal]) -> Mapping[str, frozenset[str]]:
    """By name of samples, the labels that signals need on them."""
    needed: defaultdict[str, set[str]] = defaultdict(set)
    for part, metric in _asked(dialect, role, signals):
        wanted = {matcher.label for matcher in conditions_of(dialect, metric) if matcher.operator in _NEEDING}
        kept = {label_of(dialect, label) for label in part.labels if label not in TARGET_LABELS}
        for suffix in parts_of(part):
            for name in names_of(dialect, metric, suffix):
                needed[name] |= wanted | kept
    return {name: frozenset(labels) for name, labels in sorted(needed.items())}


def gap_results(name: str, without: Sequence[str], lacking: Mapping[str, Collection[str]]) -> Iterator[CheckResult]:
    """Two lines or more of the doctor.

    :param name: who is spoken of.
    :param without: what :func:`lacking_buckets` found.
    :param lacking: by name of samples, labels that signals need and that no series of that name has.
    """
    if without:
        advice = "quantiles of them stay missing; let the process export histograms instead of summaries."
        yield _warning(f"{name}: buckets", f"{_some(without)} come without buckets: {advice}")
    else:
        yield CheckResult(f"{name}: buckets", CheckOutcome.OK, "All durations it exports come in buckets.")
    for metric, labels in sorted(lacking.items()):
        says = f"No series of {metric} has the label {' or '.join(sorted(labels))}"
        advice = "the signals that need it stay empty; do not drop it on the way."
        yield _warning(f"{name}: labels", f"{says}: {advice}")
    if not lacking:
        yield CheckResult(f"{name}: labels", CheckOutcome.OK, "All labels that signals ask for are there.")


def _asked(dialect: Dialect, role: str, signals: Iterable[Signal]) -> Iterator[tuple[Expr, Metric]]:
    for signal in signals:
        if signal.measure is None:
            continue
        for part in signal.measure.walk():
            for metric in part.metrics:
                if metric.name not in SYNTHETIC and can_have(metric, role) and not lack(dialect, part):
                    yield part, metric


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= len(names[:3]) else f"{shown} and {len(names) - 3} more"


def _warning(name: str, says: str) -> CheckResult:
    return CheckResult(name, CheckOutcome.WARNING, says)
