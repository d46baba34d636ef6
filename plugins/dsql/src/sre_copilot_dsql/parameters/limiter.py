"""The budget of new connections: each instance's share, or one bucket that all draw from."""

from __future__ import annotations

from sre_copilot_dsql.deployment import INSTANCES, LARGE, TRANSITIONS
from sre_copilot_dsql.limits import CONNECTION_BURST, CONNECTION_RATE
from sre_copilot_dsql.parameters.emissions import emitted
from sre_copilot_hookspecs.configuration import Derivation, Parameter, ParameterClass, ParameterType

SHARED = "dsql.distributed_rate_limiter_enabled"
SHARED_TABLE = "dsql.distributed_rate_limiter_table"
RATE = "dsql.connection_rate_limit"
BURST = "dsql.connection_burst_limit"
BUCKET = "dsql.token_bucket_enabled"
BUCKET_RATE = "dsql.token_bucket_rate"
BUCKET_CAPACITY = "dsql.token_bucket_capacity"


def at_scale(transitions: int) -> bool:
    """Whether so many instances run that dividing the budget wastes it."""
    return transitions >= LARGE


def table_if(shared: bool) -> str:
    """The DynamoDB table of the limiter."""
    return "temporal-dsql-rate-limiter" if shared else ""


def share_of_the_rate(shared: bool, history: int, matching: int, frontend: int, worker: int) -> int:
    """New connections a second for one instance, between 1 and 10."""
    # Where a shared limiter holds the total, instances may ask for 1.6 times their share: few ask at once.
    budget = CONNECTION_RATE * (1.6 if shared else 1.0)
    return max(1, min(10, int(budget // (history + matching + frontend + worker))))


def five_seconds(rate: int) -> int:
    """New connections at once: what five seconds would allow."""
    return 5 * rate


def with_the_limiter(shared: bool) -> bool:
    """Whether a token bucket is used."""
    return shared


LIMITER = (
    Parameter(
        key=SHARED,
        kind=ParameterClass.SAFETY,
        type=ParameterType.BOOLEAN,
        derivation=Derivation(
            (TRANSITIONS,),
            at_scale,
            "From 500 transitions a second on, so many instances run that fixed shares leave most of the budget"
            " unused.",
        ),
        emitted=emitted("DSQL_DISTRIBUTED_RATE_LIMITER_ENABLED", "distributed_rate_limiter_enabled"),
        description="Whether all instances draw new connections from one budget, kept in DynamoDB.",
        rationale="DSQL counts new connections for the whole cluster. Only a shared count lets one instance use what"
        " the others do not need.",
        source="Off where the plugin is told nothing.",
    ),
    Parameter(
        key=SHARED_TABLE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.TEXT,
        derivation=Derivation((SHARED,), table_if, "A limiter that is on needs its table; one that is off has none."),
        emitted=emitted("DSQL_DISTRIBUTED_RATE_LIMITER_TABLE", "distributed_rate_limiter_table"),
        description="The DynamoDB table that holds the shared budget.",
        rationale="It has to exist before the first server starts, or none of them can connect.",
        source="The name that the deployment's infrastructure creates.",
    ),
    Parameter(
        key=RATE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections per second",
        minimum=1,
        maximum=100,
        derivation=Derivation(
            (SHARED, *INSTANCES),
            share_of_the_rate,
            "DSQL allows 100 new connections a second in all, which every instance gets an equal part of; with the"
            " shared limiter 1.6 times that, because it holds the total.",
        ),
        emitted=emitted("DSQL_CONNECTION_RATE_LIMIT", "connection_rate_limit"),
        description="New connections that each instance may open a second.",
        rationale="Whoever exceeds the cluster's rate is refused, and so is everybody else at that moment.",
        source="DSQL: 100 new connections a second, which cannot be raised.",
    ),
    Parameter(
        key=BURST,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=1000,
        derivation=Derivation(
            (RATE,),
            five_seconds,
            "Five seconds' worth lets an instance start quickly and stays inside the cluster's burst.",
        ),
        emitted=emitted("DSQL_CONNECTION_BURST_LIMIT", "connection_burst_limit"),
        description="New connections that each instance may open at once.",
        rationale="Start-up and replacement come in bursts; together they must fit into the thousand that DSQL allows.",
        source="DSQL: a burst of 1,000 new connections, which cannot be raised.",
    ),
    Parameter(
        key=BUCKET,
        kind=ParameterClass.SAFETY,
        type=ParameterType.BOOLEAN,
        derivation=Derivation(
            (SHARED,),
            with_the_limiter,
            "The bucket is the shared limiter's better way to count, and nothing by itself.",
        ),
        emitted=emitted("DSQL_TOKEN_BUCKET_ENABLED", "token_bucket_enabled"),
        description="Whether the shared limiter counts with a token bucket instead of once a second.",
        rationale="Only a bucket can use DSQL's burst: what was not used in quiet seconds is there when it is needed.",
        source="Off where the plugin is told nothing.",
    ),
    Parameter(
        key=BUCKET_RATE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections per second",
        default=CONNECTION_RATE,
        minimum=1,
        maximum=CONNECTION_RATE,
        emitted=emitted("DSQL_TOKEN_BUCKET_RATE", "token_bucket_rate"),
        description="Tokens that the bucket gains a second.",
        rationale="The same as DSQL's own bucket gains: more would promise connections that are then refused.",
        source="DSQL: 100 new connections a second, which cannot be raised.",
    ),
    Parameter(
        key=BUCKET_CAPACITY,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        default=CONNECTION_BURST,
        minimum=1,
        maximum=CONNECTION_BURST,
        emitted=emitted("DSQL_TOKEN_BUCKET_CAPACITY", "token_bucket_capacity"),
        description="Tokens that the bucket holds at most.",
        rationale="The same as DSQL's own bucket holds.",
        source="DSQL: a burst of 1,000 new connections, which cannot be raised.",
    ),
    Parameter(
        key="dsql.token_bucket_max_wait",
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="30s",
        minimum=1,
        maximum=300,
        emitted=emitted("DSQL_TOKEN_BUCKET_MAX_WAIT"),
        description="How long a new connection waits for a token.",
        rationale="Waiting a little is better than failing; waiting longer than a connection may take to open is not.",
        source="As long as one connection may take to open.",
    ),
)
