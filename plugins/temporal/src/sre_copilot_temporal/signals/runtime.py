"""The server's processes themselves."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit
from sre_copilot_temporal.metrics import LONG, server_counter, server_gauge, server_timer

UP_SHARE = Signal(
    key="server.up_share",
    category="primary",
    service="frontend",
    unit=Unit.RATIO,
    asks="Which share of the server's processes answers a scrape?",
    measure=server_gauge("up", unit=Unit.RATIO).avg(),
)

GOROUTINES = Signal(
    key="runtime.goroutines",
    category="amplifier",
    service="frontend",
    unit=Unit.COUNT,
    asks="How many goroutines does the busiest process have?",
    measure=server_gauge("num_goroutines").max(),
)

HEAP = Signal(
    key="runtime.heap",
    category="amplifier",
    service="frontend",
    unit=Unit.BYTES,
    asks="How much heap does the largest process use?",
    measure=server_gauge("memory_heapinuse", unit=Unit.BYTES).max(),
)

GC_PAUSE_P99 = Signal(
    key="runtime.gc_pause_p99",
    category="amplifier",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long does garbage collection stop a process?",
    measure=server_timer("memory_gc_pause_ms").quantile(0.99, over=LONG),
    note="The metric is in seconds, whatever its name says.",
)

RESTARTS = Signal(
    key="deploy.restarts",
    category="amplifier",
    service="frontend",
    unit=Unit.COUNT,
    asks="How many times did services start in the last ten minutes?",
    measure=server_counter("restarts").increase("10m"),
)

MEMBERSHIP_CHANGES = Signal(
    key="deploy.membership_changes",
    category="amplifier",
    service="history",
    unit=Unit.PER_SECOND,
    asks="How often does the ring of services change?",
    measure=server_counter("membership_changed_count").rate(LONG) / server_gauge("up", unit=Unit.RATIO).sum(),
    note="Every member counts each change, so the sum is divided by the processes that answer.",
)

CONNECTIONS = Signal(
    key="server.connections",
    category="amplifier",
    service="frontend",
    unit=Unit.COUNT,
    asks="How many connections are open, of clients and between services?",
    measure=server_gauge("service_grpc_conn_active").sum(),
)
