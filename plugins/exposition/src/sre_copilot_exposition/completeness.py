"""What a target lacks of what signals ask it for, although it exports the metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sre_copilot_exposition.matching import TARGET_LABELS
from sre_copilot_exposition.view import TargetView
from sre_copilot_exposition.wire import BUCKET, COUNT, SYNTHETIC, can_have, parts_of, wire_name
from sre_copilot_hookspecs import Expr, MatchOperator, Metric, Signal

# A label that must be something has to be there; one that must not be something need not.
_NEEDING = (MatchOperator.EQUAL, MatchOperator.MATCHES)


def lacking_buckets(view: TargetView, signals: Iterable[Signal]) -> tuple[str, ...]:
    """Names of distributions that it counts, but not in the buckets that quantiles are computed from."""
    offered = view.latest.offered
    names = {wire_name(view.dialect, metric) for part, metric in _asked(view, signals) if BUCKET in parts_of(part)}
    return tuple(sorted(name for name in names if name + COUNT in offered and name + BUCKET not in offered))


def lacking_labels(view: TargetView, signals: Iterable[Signal]) -> Mapping[str, tuple[str, ...]]:
    """By name of a metric, labels that signals need and that none of its series has."""
    needed: defaultdict[str, set[str]] = defaultdict(set)
    for part, metric in _asked(view, signals):
        wanted = {m.label for m in metric.matchers if m.operator in _NEEDING and m.label not in TARGET_LABELS}
        for suffix in parts_of(part):
            needed[wire_name(view.dialect, metric) + suffix] |= wanted | set(part.labels)
    lacking = {name: tuple(sorted(labels - _present(view, name))) for name, labels in needed.items()}
    there = view.latest.families
    return {name: labels for name, labels in sorted(lacking.items()) if labels and there.get(name)}


def _present(view: TargetView, name: str) -> set[str]:
    return {label for series in view.latest.families.get(name, {}) for label in series.labels}


def _asked(view: TargetView, signals: Iterable[Signal]) -> Iterator[tuple[Expr, Metric]]:
    for signal in signals:
        if signal.measure is None:
            continue
        for part in signal.measure.walk():
            for metric in part.metrics:
                if metric.name not in SYNTHETIC and can_have(metric, view.target.role):
                    yield part, metric
