"""How one target spells the metrics of an expression, and how many series of them it has."""

from __future__ import annotations

from collections.abc import Iterator

from sre_copilot_exposition.matching import series_test
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Expr, Spelling
from sre_copilot_hookspecs.wire import SYNTHETIC, can_have, lack, names_of, parts_of


def spelling_of(measure: Expr, view: TargetView) -> Iterator[Spelling]:
    """One spelling, or none where the expression asks nothing of targets of that role."""
    role, found = view.target.role, dict(_names(measure, view))
    asked = [metric for part in measure.walk() for metric in part.metrics if can_have(metric, role)]
    if not asked:
        return
    lacks = dict.fromkeys(filter(None, (lack(view.dialect, part) for part in measure.walk())))
    foreign = "It offers nothing of what was asked for." if view.foreign else ""
    trouble = view.latest.error or foreign or " ".join(lacks)
    yield Spelling(f"{role} {view.target.instance}", view.dialect.key, tuple(found.items()), trouble)


def _names(measure: Expr, view: TargetView) -> Iterator[tuple[str, int]]:
    counts: dict[str, int] = {}
    for expression in measure.walk():
        for metric in expression.metrics:
            if metric.name in SYNTHETIC or not can_have(metric, view.target.role) or lack(view.dialect, expression):
                continue
            test = series_test(metric, view.dialect)
            parts = parts_of(expression)
            for name in (name for part in parts for name in names_of(view.dialect, metric, part)):
                family = view.latest.families.get(name, {})
                # Two parts of an expression can ask the same name with different conditions.
                counts[name] = max(counts.get(name, 0), sum(test(series.labels) for series in family))
    yield from counts.items()
