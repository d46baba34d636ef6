"""Whether the database path works and is fast enough."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal, Unit, Worst, matches, not_matches
from sre_copilot_temporal.metrics import LONG, SHORT, server_counter, server_timer

_LATENCY = server_timer("persistence_latency")
_READS = matches("(Get|List|Read|Count|Describe)[A-Z].*")
_WRITES = not_matches("(Get|List|Read|Count|Describe)[A-Z].*")
_NORMAL_ERRORS = not_matches(".*(NotFound|ConditionFailedError|AlreadyStartedError)")
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

WRITE_ERROR_SHARE = Signal(
    key="persistence.write_error_share",
    category="primary",
    service="persistence",
    unit=Unit.RATIO,
    asks="Which share of database writes fails?",
    measure=(
        server_counter("persistence_errors", operation=_WRITES).rate(SHORT)
        + server_counter("visibility_persistence_errors", operation=_WRITES).rate(SHORT)
    )
    / (
        server_counter("persistence_requests", operation=_WRITES).rate(SHORT)
        + server_counter("visibility_persistence_requests", operation=_WRITES).rate(SHORT)
    ),
    note="A store that refuses writes still reads well, and the many reads of what tries again hide its errors.",
)

LATENCY_P99 = Signal(
    key="persistence.latency_p99",
    category="primary",
    service="persistence",
    unit=Unit.SECONDS,
    asks="How long do database operations take?",
    measure=_LATENCY.quantile(0.99, over=LONG),
    note=(
        "The whole path: serialisation, a connection from the pool, statements, retries."
        " A store that fails at once is fast."
    ),
)

LATENCY_P95 = Signal(
    key="persistence.latency_p95",
    category="amplifier",
    service="persistence",
    unit=Unit.SECONDS,
    asks="How long do most database operations take?",
    measure=_LATENCY.quantile(0.95, over=LONG),
)

READ_LATENCY_P99 = Signal(
    key="persistence.read_latency_p99",
    category="amplifier",
    service="persistence",
    unit=Unit.SECONDS,
    asks="How long do database reads take?",
    measure=server_timer("persistence_latency", operation=_READS).quantile(0.99, over=LONG),
    note="Where reads are fast and all operations slow, writes are: locks, conflicts, commits.",
)

READS = Signal(
    key="persistence.reads",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="How many database operations only read?",
    measure=server_counter("persistence_requests", operation=_READS).rate(SHORT),
)

ERRORS = Signal(
    key="persistence.errors",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="How many database operations fail?",
    measure=_ERRORS,
)

ERRORS_BY_TYPE = Signal(
    key="persistence.errors_by_type",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="With which errors do database operations fail?",
    measure=server_counter("persistence_error_with_type", error_type=_NORMAL_ERRORS).rate(SHORT, by=("error_type",)),
    dimensions=("error_type",),
    worst=Worst.SUM,
    cap=10,
    note="Missing rows and failed conditions are left out: they are how the server looks and locks.",
)

UPDATE_CONFLICTS = Signal(
    key="persistence.update_conflicts",
    category="amplifier",
    service="persistence",
    unit=Unit.PER_SECOND,
    asks="How often must an update be tried again because something else changed the same row?",
    measure=server_counter("persistence_error_with_type", error_type=matches(".*ConditionFailedError")).rate(SHORT),
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
