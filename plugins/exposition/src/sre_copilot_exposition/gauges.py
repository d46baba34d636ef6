"""Newest values of gauges, and what scrapes say about themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sre_copilot_exposition.matching import series_test
from sre_copilot_exposition.outcome import Key, Value, key_of
from sre_copilot_exposition.reach import Reach
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.view import LOOK_BACK
from sre_copilot_hookspecs import Dialect, Gauge, Metric
from sre_copilot_hookspecs.wire import TARGET_LABELS, wire_name


def gauge_values(
    metric: Metric,
    reach: Reach,
    by: tuple[str, ...],
    at: int,
    name_of: Callable[[Dialect], str] | None = None,
) -> dict[Key, list[Value]]:
    """The values of every series in its target's newest scrape; what is not in there is stale.

    :param name_of: the name on the wire, where it is not the metric's usual one.
    """
    groups: dict[Key, list[Value]] = defaultdict(list)
    for view in reach.views:
        test = series_test(metric, view.dialect)
        latest = view.latest
        name = wire_name(view.dialect, metric) if name_of is None else name_of(view.dialect)
        for series, value in latest.families.get(name, {}).items():
            sampled = latest.stamps.get(series, latest.at)
            if sampled > at - LOOK_BACK and test(series.labels):
                groups[key_of(series.labels, by, view.dialect)].append(Value(value, sampled))
    return groups


def synthetic_values(metric: Gauge, reach: Reach, by: tuple[str, ...]) -> dict[Key, list[Value]]:
    """Values of ``up`` and its like, of targets that are down as well."""
    groups: dict[Key, list[Value]] = defaultdict(list)
    own = [matcher for matcher in metric.matchers if matcher.label not in TARGET_LABELS]
    for view in reach.views:
        labels = view.target.labels
        if all(matcher.meets(labels.get(matcher.label, "")) for matcher in own):
            groups[key_of(labels, by)].append(Value(_about(metric.name, view.latest), view.latest.at))
    return groups


def _about(name: str, scrape: Scrape) -> float:
    if name == "up":
        return float(scrape.up)
    return scrape.duration if name == "scrape_duration_seconds" else float(scrape.scraped)
