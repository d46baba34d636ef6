"""Metrics of the server and of SDK workers, kept apart.

A Temporal server runs SDK workers of its own and exports their metrics under the same names as the user's
workers do, and its system namespace and queues carry work that nobody asked for. Every metric is therefore
taken from one role, and demand leaves the system's own work out.
"""

from __future__ import annotations

from sre_copilot_hookspecs import (
    Counter,
    Gauge,
    Histogram,
    LabelValue,
    Timer,
    Unit,
    counter,
    gauge,
    histogram,
    matches,
    not_matches,
    timer,
)

SHORT = "2m"
"""Window of rates: four cycles of 30 s, so that one missed scrape does not void it."""
LONG = "5m"
"""Window of quantiles: fewer observations would make them jump between buckets."""

CANARY_QUEUE = "sre-copilot-canary"
USER_NAMESPACE = not_matches("temporal[-_]system")
USER_QUEUE = not_matches("(/_sys/)?temporal[-_]sys.*|sre-copilot.*|sre_copilot.*")
"""System task queues, and those of the copilot itself, its canary's among them, are not demand."""

START_ACTIONS = matches("grpc_(StartWorkflowExecution|SignalWithStartWorkflowExecution)")
"""Starts that were accepted; requests for them multiply when clients and the history service retry."""

LONG_POLLS = "Poll.*|GetWorkflowExecutionHistory|QueryWorkflow|UpdateWorkflowExecution|ExecuteMultiOperation"
"""Calls that wait by design, and would make every latency look like a minute."""
_OUR_PROBES = "DescribeNamespace|DescribeTaskQueue|CountWorkflowExecutions|ListWorkers|GetSystemInfo"
JUDGED_OPERATIONS = not_matches(f"{LONG_POLLS}|{_OUR_PROBES}")
"""Calls that can be judged: neither such that wait by design, nor those that the copilot itself keeps making."""


def server_counter(name: str, **labels: str | LabelValue) -> Counter:
    """A counter of the server's own processes."""
    return counter(name, unit=Unit.COUNT, role="server", **labels)


def server_gauge(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Gauge:
    """A gauge of the server's own processes."""
    return gauge(name, unit=unit, role="server", **labels)


def server_timer(name: str, **labels: str | LabelValue) -> Timer:
    """A timer of the server's own processes."""
    return timer(name, role="server", **labels)


def server_histogram(name: str, *, unit: Unit = Unit.COUNT, **labels: str | LabelValue) -> Histogram:
    """A histogram of the server's own processes."""
    return histogram(name, unit=unit, role="server", **labels)


def worker_counter(name: str, **labels: str | LabelValue) -> Counter:
    """A counter of the user's SDK workers."""
    return counter(name, unit=Unit.COUNT, role="worker", **labels)


def worker_gauge(name: str, **labels: str | LabelValue) -> Gauge:
    """A gauge of the user's SDK workers."""
    return gauge(name, unit=Unit.COUNT, role="worker", **labels)


def worker_timer(name: str, **labels: str | LabelValue) -> Timer:
    """A timer of the user's SDK workers."""
    return timer(name, role="worker", **labels)
