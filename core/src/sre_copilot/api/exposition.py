"""The state of every cluster for Prometheus, with what the API measures of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import attrs
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric, StateSetMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from whenever import Instant

from sre_copilot.api.board import Standing
from sre_copilot.api.cluster_metrics import CLUSTER_METRICS, ClusterMetric
from sre_copilot.api.freshness import freshness
from sre_copilot_hookspecs import HealthState


@attrs.frozen
class Exposition:
    """What a scrape is answered with."""

    text: bytes
    content_type: str


def exposition(
    standings: Sequence[Standing],
    now: Instant,
    *,
    degraded: bool,
    connected: bool,
    own: CollectorRegistry,
    accept: str = "",
) -> Exposition:
    """Every watched cluster's state, signals and gates.

    Values that are too old are left out, and their gates are unknown: a flat line would look like calm.

    :param own: what the API measures of itself.
    :param accept: the Accept header, which chooses between OpenMetrics and Prometheus' own text.
    """
    encode, content_type = _encoder(accept)
    families = [
        GaugeMetricFamily("sre_copilot_store_connected", "Whether the store answers.", value=float(connected)),
        GaugeMetricFamily("sre_copilot_degraded", "Whether this is what was known earlier.", value=float(degraded)),
        _states(standings, now),
        *(_family(metric, standings, now) for metric in CLUSTER_METRICS),
    ]
    return Exposition(encode(_Once(chain(families, own.collect()))), content_type)


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    try:
        return choose_encoder(accept)
    except (ValueError, TypeError):
        # The library compares versions that are no numbers; a wish for one is as good as none.
        return choose_encoder("")


class _Once(Collector):
    """Families that are collected one time."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _states(standings: Sequence[Standing], now: Instant) -> Metric:
    family = StateSetMetricFamily(
        "sre_copilot_health_state",
        "1 for the state the cluster is in; unknown once three cycles were missed.",
        labels=["cluster"],
    )
    for standing in standings:
        current = freshness(standing.status, now).health_state
        family.add_metric([standing.name or ""], {one.value: one.value == current for one in HealthState})
    return family


def _family(metric: ClusterMetric, standings: Sequence[Standing], now: Instant) -> Metric:
    family = GaugeMetricFamily(metric.name, metric.says, labels=["cluster", *metric.labels])
    for standing in standings:
        if standing.status is None or (metric.needs_freshness and freshness(standing.status, now).stale):
            continue
        for labels, value in metric.samples(standing, standing.status, now):
            family.add_metric([standing.status.cluster, *labels], value)
    return family
