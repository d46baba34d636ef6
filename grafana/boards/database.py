"""What the DSQL persistence plugin tells beyond the declared signals: facts to look at, which nothing judges.

A measure that a signal has too is left out, since the signal is drawn already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sre_copilot_hookspecs import Expr, Timer, Unit, counter, gauge, timer

SHORT = "2m"
"""Window of rates: four scrapes at 30 s."""
LONG = "5m"
"""Window of quantiles."""

Part = tuple[str, Expr, str]


def _sum(name: str) -> Expr:
    return gauge(name, unit=Unit.COUNT, role="server").sum()


def _rate(name: str, *by: str) -> Expr:
    return counter(name, unit=Unit.COUNT, role="server").rate(SHORT, by=by)


def _checkout() -> Timer:
    return timer("dsql_reservoir_checkout_latency", role="server")


OTHERS: Mapping[str, Sequence[Part]] = {
    "Reservoir of connections": (
        ("Connections ready", _sum("dsql_reservoir_size"), "Opened ahead and waiting to be taken."),
        ("Connections wanted", _sum("dsql_reservoir_target"), "How many the reservoir tries to keep ready."),
        ("Checkouts", _rate("dsql_reservoir_checkouts"), "How often a connection is taken."),
        ("Refills", _rate("dsql_reservoir_refills"), "How often a connection is opened ahead."),
        ("Found empty", _rate("dsql_reservoir_empty"), "How often no connection was ready."),
        ("Discards", _rate("dsql_reservoir_discards", "reason"), "Connections thrown away, by reason."),
        ("Checkout, half", _checkout().quantile(0.5, over=LONG), "Half of the checkouts are faster."),
        ("Checkout, p95", _checkout().quantile(0.95, over=LONG), "Of twenty checkouts, nineteen are faster."),
        ("Checkout, p99", _checkout().quantile(0.99, over=LONG), "Of a hundred checkouts, one is slower."),
    ),
    "Pool": (
        ("Open", _sum("dsql_pool_open"), "Connections that are open."),
        ("In use", _sum("dsql_pool_in_use"), "Connections that carry a transaction."),
        ("Idle", _sum("dsql_pool_idle"), "Connections that are open and unused."),
        ("Most that may be open", _sum("dsql_pool_max_open"), "What the pools are limited to."),
        ("Waits", _rate("dsql_pool_wait"), "How often somebody waits for a connection."),
        ("Closed for their age", _rate("dsql_db_closed_max_lifetime"), "DSQL ends every connection after an hour."),
        ("Closed for idling", _rate("dsql_db_closed_max_idle_time"), "Connections unused for too long."),
        ("Closed as too many", _rate("dsql_db_closed_max_idle"), "Idle connections beyond what may idle."),
    ),
    "Rate of new connections": (
        ("Blocks of slots owned", _sum("dsql_slot_blocks_owned"), "Leases on the cluster's connections."),
        ("Slots used", _sum("dsql_slot_blocks_slots_used"), "Leased connections that exist."),
        ("Refills on their way", _sum("dsql_refiller_inflight"), "Connections that are being opened."),
    ),
    "Optimistic concurrency": (
        ("Conflicts", _rate("dsql_tx_conflict"), "Two transactions changed the same row."),
        ("Retries", _rate("dsql_tx_retry"), "Transactions that were tried again."),
        ("Given up", _rate("dsql_tx_exhausted"), "Transactions that failed after all their retries."),
    ),
}
"""By heading: title, measure, description."""
