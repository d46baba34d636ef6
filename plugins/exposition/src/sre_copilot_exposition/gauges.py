"""Newest values of gauges, and what scrapes say about themselves."""

from __future__ import annotations

from collections import defaultdict

from sre_copilot_exposition.matching import series_test
from sre_copilot_exposition.outcome import Key, Value, key_of
from sre_copilot_exposition.reach import Reach
from sre_copilot_exposition.ring import Scrape
from sre_copilot_exposition.wire import wire_name
from sre_copilot_hookspecs import Gauge

_LOOK_BACK = 300_000  # milliseconds; Prometheus's default
"""How old the newest sample of a series may be. Only samples that carry their own time can be older."""


def gauge_values(metric: Gauge, reach: Reach, by: tuple[str, ...], at: int) -> dict[Key, list[Value]]:
    """The values of every series in its target's newest scrape; what is not in there is stale."""
    groups: dict[Key, list[Value]] = defaultdict(list)
    for view in reach.views:
        test = series_test(metric.matchers, raw=view.dialect.raw_label_values)
        latest = view.latest
        for series, value in latest.families.get(wire_name(view.dialect, metric), {}).items():
            sampled = latest.stamps.get(series, latest.at)
            if sampled > at - _LOOK_BACK and test(series.labels):
                groups[key_of(series.labels, by)].append(Value(value, sampled))
    return groups


def synthetic_values(metric: Gauge, reach: Reach, by: tuple[str, ...]) -> dict[Key, list[Value]]:
    """Values of ``up`` and its like, of targets that are down as well."""
    groups: dict[Key, list[Value]] = defaultdict(list)
    test = series_test(metric.matchers, raw=True)
    for view in reach.views:
        labels = view.target.labels
        if test(labels):
            groups[key_of(labels, by)].append(Value(_about(metric.name, view.latest), view.latest.at))
    return groups


def _about(name: str, scrape: Scrape) -> float:
    if name == "up":
        return float(scrape.up)
    return scrape.duration if name == "scrape_duration_seconds" else float(scrape.scraped)
