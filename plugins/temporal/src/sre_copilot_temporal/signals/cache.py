"""What the engine keeps in memory instead of reading it again."""

from __future__ import annotations

from sre_copilot_hookspecs import LabelValue, Signal, Unit
from sre_copilot_temporal.metrics import SHORT, server_counter, server_gauge, server_timer

_CACHE: dict[str, str | LabelValue] = {"cache_type": "mutablestate"}
_HELD = server_gauge("cache_usage", unit=Unit.COUNT, **_CACHE)
_ROOM = server_gauge("cache_size", unit=Unit.COUNT, **_CACHE)

CACHE_HIT_RATIO = Signal(
    key="history.cache_hit_ratio",
    category="amplifier",
    service="history",
    unit=Unit.RATIO,
    asks="Which share of workflow states is found in memory?",
    measure=1
    - server_counter("cache_miss", **_CACHE).rate(SHORT) / server_counter("cache_requests", **_CACHE).rate(SHORT),
    note="Every new workflow misses once, so bursts of starts lower it without harm.",
)

CACHE_EVICTIONS = Signal(
    key="history.cache_evictions",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How often does a workflow state have to make room for another?",
    measure=server_timer("cache_entry_age_on_eviction", **_CACHE).rate(SHORT),
)

CACHE_USAGE = Signal(
    key="history.cache_usage",
    category="amplifier",
    service="history",
    unit=Unit.RATIO,
    asks="How full is the cache of workflow states?",
    measure=_HELD.sum() / _ROOM.sum(),
    note="A full cache is normal after a while; it hurts where evictions are many and hits are few.",
)
