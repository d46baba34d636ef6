"""Whether the database path works and is fast enough."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit
from sre_copilot_temporal.metrics import LONG, SHORT, server_counter, server_timer

_ERRORS = server_counter("persistence_errors").rate(SHORT) + server_counter("visibility_persistence_errors").rate(SHORT)
_REQUESTS = server_counter("persistence_requests").rate(SHORT) + server_counter("visibility_persistence_requests").rate(
    SHORT
)

ERROR_SHARE = Signal(
    key="persistence.error_share",
    category="primary",
    service="persistence",
    unit=Unit.RATIO,
    asks="Which share of database operations fails?",
    measure=_ERRORS / _REQUESTS,
    note="The server leaves out failed conditions and missing rows, which are normal.",
)

LATENCY_P99 = Signal(
    key="persistence.latency_p99",
    category="primary",
    service="persistence",
    unit=Unit.SECONDS,
    asks="How long do database operations take?",
    measure=server_timer("persistence_latency").quantile(0.99, over=LONG),
    note=(
        "The whole path: serialisation, a connection from the pool, statements, retries."
        " A store that fails at once is fast."
    ),
)

REQUESTS = Signal(
    key="persistence.requests",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="How many database operations are made?",
    measure=_REQUESTS,
)

RESOURCE_EXHAUSTED = Signal(
    key="persistence.resource_exhausted",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="How many database operations does a limit turn away?",
    measure=server_counter("persistence_errors_resource_exhausted").rate(SHORT),
)

VISIBILITY_LATENCY_P95 = Signal(
    key="persistence.visibility_latency_p95",
    category="amplifier",
    service="persistence",
    unit=Unit.SECONDS,
    asks="How long do visibility writes and reads take?",
    measure=server_timer("visibility_persistence_latency").quantile(0.95, over=LONG),
)
