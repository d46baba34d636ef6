"""Whether clients are served."""

from __future__ import annotations

from sre_copilot_hookspecs import LabelValue, Signal, Unit, matches, not_matches
from sre_copilot_temporal.metrics import (
    JUDGED_OPERATIONS,
    LONG,
    LONG_POLLS,
    SHORT,
    USER_NAMESPACE,
    server_counter,
    server_gauge,
    server_timer,
)
from sre_copilot_temporal.signals.demand import ACCEPTED, REQUESTED

_OURS: dict[str, str | LabelValue] = {"service_name": "frontend", "namespace": USER_NAMESPACE}
_SERVER_ERRORS = matches(".*(Unavailable|DeadlineExceeded|Internal|DataLoss|ShardStatusUnknown)")
_REQUESTS = server_counter("service_requests", operation=JUDGED_OPERATIONS, **_OURS).rate(SHORT)
_EXHAUSTED = server_counter("service_errors_resource_exhausted", **_OURS).rate(SHORT)
_NO_LIMIT = "(RESOURCE_EXHAUSTED_CAUSE_)?(BusyWorkflow|BUSY_WORKFLOW|SystemOverloaded|SYSTEM_OVERLOADED)"
_RATE_LIMITED = server_counter(
    "service_errors_resource_exhausted", resource_exhausted_cause=not_matches(_NO_LIMIT), **_OURS
).rate(SHORT)
_SERVERS_FAULT = server_counter(
    "service_error_with_type", operation=JUDGED_OPERATIONS, error_type=_SERVER_ERRORS, **_OURS
)
_FAILED = _SERVERS_FAULT.rate(SHORT)

REACHABLE = Signal(
    key="frontend.reachable",
    category="primary",
    service="frontend",
    unit=Unit.COUNT,
    asks="Does the frontend answer a real request? 1 for yes, 0 for no.",
    probe="temporal_api",
    note="The gRPC health check answers SERVING while every write fails, so a namespace is described instead.",
)

PROBE_LATENCY = Signal(
    key="frontend.probe_latency",
    category="amplifier",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long did that request take?",
    probe="temporal_api",
)

REQUESTS = Signal(
    key="frontend.requests",
    category="amplifier",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many requests arrive, long polls left out?",
    measure=_REQUESTS,
)

ERROR_SHARE = Signal(
    key="frontend.error_share",
    category="primary",
    service="frontend",
    unit=Unit.RATIO,
    asks="Which share of requests fails through the server's fault?",
    measure=(_FAILED + _EXHAUSTED) / (_REQUESTS + _EXHAUSTED),
    note="Polls count where a rate limit rejects them: a limiter turns polls away first, and starts last.",
)

START_ACCEPTANCE = Signal(
    key="frontend.start_acceptance",
    category="primary",
    service="frontend",
    unit=Unit.RATIO,
    asks="Which share of requested workflows is accepted?",
    measure=ACCEPTED / REQUESTED,
)

LATENCY_P99 = Signal(
    key="frontend.latency_p99",
    category="primary",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long do clients wait for an answer?",
    measure=server_timer("service_latency", operation=JUDGED_OPERATIONS, **_OURS).quantile(0.99, over=LONG),
)

LATENCY_P95 = Signal(
    key="frontend.latency_p95",
    category="amplifier",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long do most clients wait for an answer?",
    measure=server_timer("service_latency", operation=JUDGED_OPERATIONS, **_OURS).quantile(0.95, over=LONG),
)

MEMORY_LATENCY = Signal(
    key="frontend.memory_latency",
    category="amplifier",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long do three of four requests take at most that need no database?",
    measure=server_timer(
        "service_latency",
        service_name="frontend",
        operation=matches("ListWorkers|RecordWorkerHeartbeat|GetSystemInfo"),
    ).quantile(0.75, over=LONG),
    note="Milliseconds on a process that gets its time, however slow the database is: what tells the two apart.",
)

LONG_POLL_LATENCY_P99 = Signal(
    key="frontend.long_poll_latency_p99",
    category="amplifier",
    service="frontend",
    unit=Unit.SECONDS,
    asks="How long do calls take that wait by design?",
    measure=server_timer("service_latency", operation=matches(LONG_POLLS), **_OURS).quantile(0.99, over=LONG),
    note="Near a minute while there is no work: polls wait for it.",
)

ERRORS = Signal(
    key="frontend.errors",
    category="amplifier",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many requests fail through the server's fault?",
    measure=_FAILED + _EXHAUSTED,
)

RESOURCE_EXHAUSTED = Signal(
    key="frontend.resource_exhausted",
    category="amplifier",
    service="frontend",
    unit=Unit.PER_SECOND,
    asks="How many requests, polls included, does a rate limit turn away?",
    measure=_RATE_LIMITED,
    note="A busy workflow and an overloaded system refuse requests as well, and no raised limit helps them.",
)

PENDING_REQUESTS = Signal(
    key="frontend.pending_requests",
    category="amplifier",
    service="frontend",
    unit=Unit.COUNT,
    asks="How many requests are in progress, waiting polls included?",
    measure=server_gauge("service_pending_requests", service_name="frontend", namespace=USER_NAMESPACE).sum(),
)

SERVER_PENDING_REQUESTS = Signal(
    key="server.pending_requests",
    category="amplifier",
    service="frontend",
    unit=Unit.COUNT,
    asks="How many requests are in progress in all services, waiting polls included?",
    measure=server_gauge("service_pending_requests").sum(),
)
