"""Pool, reservoir and leases of connections."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_dsql import limits
from sre_copilot_dsql.guard_rails.fleet import FLEET, connections, figures
from sre_copilot_dsql.parameters.connections import IDLE, POOL
from sre_copilot_dsql.parameters.leases import BLOCK_COUNT, BLOCK_SIZE, LEASE_TABLE, LEASED
from sre_copilot_dsql.parameters.reservoir import ENABLED, JITTER, TARGET
from sre_copilot_hookspecs.configuration import GuardRail, Value, Verdict
from sre_copilot_hookspecs.durations import go_seconds_of

SPARE = 0.8
"""Share of the connections above which a deployment, whose old and new instances overlap, may find none left."""


def idle_differs(idle: int, pool: int) -> bool:
    """Whether the pool would shrink, or claims to keep more than it has."""
    return idle != pool


def too_many(reservoir: bool, ready: int, pool: int, *instances: int) -> bool:
    """Whether the fleet exceeds the quota."""
    return connections(reservoir, ready, pool, *instances) > limits.CONNECTIONS


def little_spare(reservoir: bool, ready: int, pool: int, *instances: int) -> bool:
    """Whether the fleet is within the quota but near it."""
    return SPARE * limits.CONNECTIONS < connections(reservoir, ready, pool, *instances) <= limits.CONNECTIONS


def no_jitter(reservoir: bool, jitter: str) -> bool:
    """Whether connections that were made together end together."""
    return reservoir and go_seconds_of(jitter) == 0


def no_target(reservoir: bool, ready: int) -> bool:
    """Whether a reservoir is on that holds nothing."""
    return reservoir and ready <= 0


def target_below_pool(reservoir: bool, ready: int, pool: int) -> bool:
    """Whether replacing the pool can find the reservoir empty."""
    return reservoir and ready < pool


def slots_do_not_fit(
    leased: bool, size: int, count: int, reservoir: bool, ready: int, pool: int, *instances: int
) -> bool:
    """Whether the leases cover less than the fleet or more than the quota."""
    return leased and not connections(reservoir, ready, pool, *instances) <= size * count <= limits.CONNECTIONS


def slot_figures(
    leased: bool,  # noqa: ARG001 - the guard rail's inputs are passed as they are
    size: int,
    count: int,
    reservoir: bool,
    ready: int,
    pool: int,
    *instances: int,
) -> Mapping[str, Value]:
    """What the leases cover, and what they have to."""
    return {"slots": size * count, **figures(reservoir, ready, pool, *instances)}


def no_lease_table(leased: bool, table: str) -> bool:
    """Whether leases are on without a table."""
    return leased and not table.strip()


POOLS = (
    GuardRail(
        key="max_idle_equals_max_conns",
        inputs=(IDLE, POOL),
        violated=idle_differs,
        verdict=Verdict.ERROR,
        says="persistence.maxIdleConns is {persistence.maxIdleConns} and persistence.maxConns is"
        " {persistence.maxConns}; Go's pool closes idle connections above the first, and reopening them under load"
        " spends the connection rate, so set both to one number.",
    ),
    GuardRail(
        key="cluster_connection_limit",
        inputs=FLEET,
        violated=too_many,
        verdict=Verdict.ERROR,
        says="{instances} instances with {each} connections each are {connections}, over the 10,000 that DSQL allows"
        " a cluster; lower persistence.maxConns or the replicas, or have the quota raised through Service Quotas.",
        figures=figures,
        source="DSQL: 10,000 connections a cluster.",
    ),
    GuardRail(
        key="connection_headroom",
        inputs=FLEET,
        violated=little_spare,
        verdict=Verdict.WARNING,
        says="{instances} instances with {each} connections each are {connections} of 10,000; less than a fifth is"
        " left for deployments, during which old and new instances overlap, and for tools.",
        figures=figures,
        source="DSQL: 10,000 connections a cluster.",
    ),
    GuardRail(
        key="thundering_herd_risk",
        inputs=(ENABLED, JITTER),
        violated=no_jitter,
        verdict=Verdict.ERROR,
        says="dsql.reservoir_lifetime_jitter is {dsql.reservoir_lifetime_jitter}; connections that are opened together"
        " would end together and all be reopened at once against 100 a second, so give it at least 1m.",
        source="DSQL: 100 new connections a second.",
    ),
    GuardRail(
        key="reservoir_target_zero",
        inputs=(ENABLED, TARGET),
        violated=no_target,
        verdict=Verdict.ERROR,
        says="The reservoir is on and dsql.reservoir_target_ready is {dsql.reservoir_target_ready}; give it a positive"
        " number, or switch dsql.reservoir_enabled off.",
    ),
    GuardRail(
        key="reservoir_below_pool",
        inputs=(ENABLED, TARGET, POOL),
        violated=target_below_pool,
        verdict=Verdict.WARNING,
        says="dsql.reservoir_target_ready is {dsql.reservoir_target_ready}, below the pool's {persistence.maxConns};"
        " the reservoir can be found empty, and the plugin may raise it to its watermark, so set both to one number.",
    ),
    GuardRail(
        key="slot_capacity",
        inputs=(LEASED, BLOCK_SIZE, BLOCK_COUNT, *FLEET),
        violated=slots_do_not_fit,
        verdict=Verdict.ERROR,
        says="{dsql.slot_block_count} leases of {dsql.slot_block_size} connections cover {slots}; that has to cover the"
        " fleet's {connections} and may not exceed the 10,000 of DSQL.",
        figures=slot_figures,
        source="DSQL: 10,000 connections a cluster.",
    ),
    GuardRail(
        key="slot_table_missing",
        inputs=(LEASED, LEASE_TABLE),
        violated=no_lease_table,
        verdict=Verdict.ERROR,
        says="Leases are on and dsql.conn_lease_table is empty; the plugin would log an error and run without a limit"
        " for the fleet, so name the DynamoDB table or switch dsql.slot_block_enabled off.",
    ),
)
