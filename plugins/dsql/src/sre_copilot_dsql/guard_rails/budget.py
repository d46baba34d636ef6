"""New connections: the rate and the burst that all instances share."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_dsql import limits
from sre_copilot_dsql.deployment import INSTANCES
from sre_copilot_dsql.guard_rails.fleet import FLEET, connections, figures
from sre_copilot_dsql.parameters.limiter import (
    BUCKET,
    BUCKET_CAPACITY,
    BUCKET_RATE,
    BURST,
    RATE,
    SHARED,
    SHARED_TABLE,
)
from sre_copilot_dsql.parameters.reservoir import BASE_LIFETIME
from sre_copilot_hookspecs.configuration import GuardRail, Value, Verdict
from sre_copilot_hookspecs.durations import go_seconds_of

PATIENCE = 60
"""Seconds that refilling every pool after a full restart may take before somebody should know."""

ROTATION = 0.5
"""Share of the connection rate that replacing old connections may take."""


def no_table(shared: bool, table: str) -> bool:
    """Whether the shared limiter is on without a table."""
    return shared and not table.strip()


def rate_over(shared: bool, rate: int, *instances: int) -> bool:
    """Whether the instances' rates together exceed the cluster's, with nothing that holds the total."""
    return not shared and rate * sum(instances) > limits.CONNECTION_RATE


def rate_figures(shared: bool, rate: int, *instances: int) -> Mapping[str, Value]:  # noqa: ARG001 - as they are
    """The sum, and the share that would fit."""
    count = sum(instances)
    return {"instances": count, "total": rate * count, "share": max(1, limits.CONNECTION_RATE // count)}


def burst_over(bucket: bool, burst: int, *instances: int) -> bool:
    """Whether the instances' bursts together exceed the cluster's."""
    return not bucket and burst * sum(instances) > limits.CONNECTION_BURST


def burst_figures(bucket: bool, burst: int, *instances: int) -> Mapping[str, Value]:  # noqa: ARG001 - as they are
    """The sum, and the share that would fit."""
    count = sum(instances)
    return {"instances": count, "total": burst * count, "share": max(1, limits.CONNECTION_BURST // count)}


def fill_seconds(reservoir: bool, ready: int, pool: int, *instances: int) -> float:
    """Seconds until every pool is full after all instances started: what exceeds the burst comes at the rate."""
    beyond = connections(reservoir, ready, pool, *instances) - limits.CONNECTION_BURST
    return max(0, beyond) / limits.CONNECTION_RATE


def fills_slowly(reservoir: bool, ready: int, pool: int, *instances: int) -> bool:
    """Whether a full restart is felt for long."""
    return fill_seconds(reservoir, ready, pool, *instances) > PATIENCE


def fill_figures(reservoir: bool, ready: int, pool: int, *instances: int) -> Mapping[str, Value]:
    """The seconds, and what they are for."""
    seconds = fill_seconds(reservoir, ready, pool, *instances)
    return {"seconds": round(seconds), **figures(reservoir, ready, pool, *instances)}


def rotation(lifetime: str, reservoir: bool, ready: int, pool: int, *instances: int) -> float:
    """New connections a second that only replace old ones."""
    return connections(reservoir, ready, pool, *instances) / go_seconds_of(lifetime)


def rotates_fast(lifetime: str, reservoir: bool, ready: int, pool: int, *instances: int) -> bool:
    """Whether replacing takes most of the connection rate."""
    replaced = rotation(lifetime, reservoir, ready, pool, *instances)
    return reservoir and replaced > ROTATION * limits.CONNECTION_RATE


def rotation_figures(lifetime: str, reservoir: bool, ready: int, pool: int, *instances: int) -> Mapping[str, Value]:
    """The rate, and what it comes from."""
    replaced = rotation(lifetime, reservoir, ready, pool, *instances)
    return {"replaced": round(replaced), **figures(reservoir, ready, pool, *instances)}


def bucket_over(bucket: bool, rate: int, capacity: int) -> bool:
    """Whether the bucket promises what DSQL refuses."""
    return bucket and (rate > limits.CONNECTION_RATE or capacity > limits.CONNECTION_BURST)


def bucket_alone(bucket: bool, shared: bool) -> bool:
    """Whether the bucket is on without the limiter that it belongs to."""
    return bucket and not shared


BUDGET = (
    GuardRail(
        key="distributed_rate_limiter_table_missing",
        inputs=(SHARED, SHARED_TABLE),
        violated=no_table,
        verdict=Verdict.ERROR,
        says="The shared limiter is on and dsql.distributed_rate_limiter_table is empty; name the DynamoDB table or"
        " switch dsql.distributed_rate_limiter_enabled off.",
    ),
    GuardRail(
        key="connection_rate_budget",
        inputs=(SHARED, RATE, *INSTANCES),
        violated=rate_over,
        verdict=Verdict.ERROR,
        says="{instances} instances with {dsql.connection_rate_limit} new connections a second each may open {total} a"
        " second, over the 100 of DSQL; set dsql.connection_rate_limit to {share}, or switch"
        " dsql.distributed_rate_limiter_enabled on.",
        figures=rate_figures,
        source="DSQL: 100 new connections a second, which cannot be raised.",
    ),
    GuardRail(
        key="connection_burst_budget",
        inputs=(BUCKET, BURST, *INSTANCES),
        violated=burst_over,
        verdict=Verdict.WARNING,
        says="{instances} instances that start at once may open {total} connections, over the burst of 1,000; set"
        " dsql.connection_burst_limit to {share}, or switch dsql.token_bucket_enabled on.",
        figures=burst_figures,
        source="DSQL: a burst of 1,000 new connections, which cannot be raised.",
    ),
    GuardRail(
        key="startup_fill_time",
        inputs=FLEET,
        violated=fills_slowly,
        verdict=Verdict.WARNING,
        says="After a full restart it takes {seconds} s until all {connections} connections are open again; restart"
        " instances in turn.",
        figures=fill_figures,
        source="DSQL: a burst of 1,000 and 100 a second after that.",
    ),
    GuardRail(
        key="rotation_rate",
        inputs=(BASE_LIFETIME, *FLEET),
        violated=rotates_fast,
        verdict=Verdict.WARNING,
        says="Replacing {connections} connections every {dsql.reservoir_base_lifetime} takes {replaced} new ones a"
        " second, over half of the 100 that DSQL allows; lengthen dsql.reservoir_base_lifetime.",
        figures=rotation_figures,
        source="DSQL: 100 new connections a second.",
    ),
    GuardRail(
        key="token_bucket_above_quota",
        inputs=(BUCKET, BUCKET_RATE, BUCKET_CAPACITY),
        violated=bucket_over,
        verdict=Verdict.ERROR,
        says="The token bucket gains {dsql.token_bucket_rate} a second and holds {dsql.token_bucket_capacity}; DSQL"
        " allows 100 and 1,000, which cannot be raised, and a larger bucket only lets through what is then refused.",
        source="DSQL: 100 new connections a second, a burst of 1,000.",
    ),
    GuardRail(
        key="token_bucket_without_limiter",
        inputs=(BUCKET, SHARED),
        violated=bucket_alone,
        verdict=Verdict.WARNING,
        says="dsql.token_bucket_enabled is on and dsql.distributed_rate_limiter_enabled is off; the bucket works only"
        " inside the shared limiter.",
    ),
)
