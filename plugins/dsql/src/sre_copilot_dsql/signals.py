"""What a Temporal server with the DSQL persistence plugin tells about its database.

The plugin counts what the driver sees; CloudWatch knows the rest, under its own names. On any other database none
of these metrics exists: counters read zero, everything else is missing, and no rule here says anything.
"""

from __future__ import annotations

from sre_copilot_hookspecs import Expr, Signal, Unit, counter, gauge, timer

SHORT = "2m"
"""Window of rates: four cycles of 30 s, so that one missed scrape does not void it."""
LONG = "5m"
"""Window of quantiles."""


def _rate(name: str) -> Expr:
    return counter(name, unit=Unit.COUNT, role="server").rate(SHORT)


def _amplifier(name: str, unit: Unit, asks: str, measure: Expr, note: str = "") -> Signal:
    return Signal(
        key=f"dsql.{name}", category="amplifier", service="dsql", unit=unit, asks=asks, measure=measure, note=note
    )


def _connections(name: str) -> Expr:
    return gauge(name, unit=Unit.COUNT, role="server").sum()


CONFLICTS = _amplifier(
    "conflicts",
    Unit.PER_SECOND,
    "How often do two transactions change the same row?",
    _rate("dsql_tx_conflict"),
    "Each is tried again; a lost shard is no such conflict.",
)
CONFLICTS_EXHAUSTED = _amplifier(
    "conflicts_exhausted",
    Unit.PER_SECOND,
    "How often is a transaction given up after several conflicts?",
    _rate("dsql_tx_exhausted"),
)
CONDITIONS_FAILED = _amplifier(
    "conditions_failed", Unit.PER_SECOND, "How often had a row another version?", _rate("dsql_condition_failed")
)
RETRIES = _amplifier("retries", Unit.PER_SECOND, "How often is a transaction tried again?", _rate("dsql_tx_retry"))
POOL_USED = _amplifier(
    "pool_used",
    Unit.RATIO,
    "Which share of the connections that may be open is in use?",
    _connections("dsql_pool_in_use") / _connections("dsql_pool_max_open"),
    "Of those that may be open, not of those that are: a pool that is being built up is not full.",
)
CHECKOUT_P95 = _amplifier(
    "checkout_p95",
    Unit.SECONDS,
    "How long does a request wait for a connection?",
    timer("dsql_reservoir_checkout_latency", role="server").quantile(0.95, over=LONG),
)
CHURN = _amplifier(
    "churn",
    Unit.PER_SECOND,
    "How many connections are opened and thrown away?",
    _rate("dsql_reservoir_refills") + _rate("dsql_reservoir_discards"),
    "A connection that is replaced counts twice.",
)
EMPTY = _amplifier(
    "empty",
    Unit.PER_SECOND,
    "How often does a request find no connection ready?",
    _rate("dsql_reservoir_empty"),
)

SIGNALS = (
    CONFLICTS,
    CONFLICTS_EXHAUSTED,
    CONDITIONS_FAILED,
    RETRIES,
    POOL_USED,
    CHECKOUT_P95,
    CHURN,
    EMPTY,
)
"""Every signal of this plugin."""
