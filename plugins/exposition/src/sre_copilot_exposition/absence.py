"""Why no series answers for a metric although its targets are up."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot_exposition.matching import series_test
from sre_copilot_exposition.reach import Reach
from sre_copilot_exposition.view import TargetView
from sre_copilot_hookspecs import Gauge, Metric, Missing, MissingReason
from sre_copilot_hookspecs.wire import is_offered, names_of


def why_none(metric: Metric, reach: Reach, part: str, at: int) -> Missing:
    """No series at all, series that are gone, or series with nothing to compute with."""
    if reach.blind is not None:
        return reach.blind
    if not any(_offered(metric, view) for view in reach.views) and not any(_times(metric, reach, part)):
        roles = " or ".join(sorted({view.target.role for view in reach.views}))
        return Missing(MissingReason.NOT_EMITTED, f"No {roles} target exports {metric.name}.")
    if any(_matched(metric, view, part) for view in reach.views):
        if isinstance(metric, Gauge) or any(view.dialect.aggregated for view in reach.views):
            return Missing(MissingReason.STALE, f"The samples of {metric!r} are over 5 minutes old.")
        return Missing(MissingReason.WARMING_UP, f"{metric!r} appeared just now; a rate needs two samples.")
    newest = max(_times(metric, reach, part), default=None)
    if newest is None:
        return Missing(MissingReason.NO_DATA, f"There is no series of {metric!r}.")
    age = (at - newest) / 1000
    return Missing(MissingReason.STALE, f"{metric!r} was last exported {age:.0f} s ago.")


def _offered(metric: Metric, view: TargetView) -> bool:
    return is_offered(view.dialect, metric, view.latest.offered)


def _matched(metric: Metric, view: TargetView, part: str) -> bool:
    test = series_test(metric, view.dialect)
    names = names_of(view.dialect, metric, part)
    return any(test(series.labels) for name in names for series in view.latest.families.get(name, {}))


def _times(metric: Metric, reach: Reach, part: str) -> Iterable[int]:
    """When series of the metric were seen, in milliseconds."""
    for view in reach.views:
        names = names_of(view.dialect, metric, part)
        test = series_test(metric, view.dialect)
        for scrape in view.scrapes:
            if any(test(series.labels) for name in names for series in scrape.families.get(name, {})):
                yield scrape.at
