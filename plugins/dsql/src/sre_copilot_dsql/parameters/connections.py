"""The pool of each server instance, and how a connection is opened."""

from __future__ import annotations

from sre_copilot_dsql.deployment import TRANSITIONS
from sre_copilot_dsql.parameters.emissions import emitted
from sre_copilot_hookspecs.configuration import Derivation, Parameter, ParameterClass, ParameterType

POOL = "persistence.maxConns"
IDLE = "persistence.maxIdleConns"
LIFETIME = "dsql.max_conn_lifetime"
TIMEOUT = "dsql.connection_timeout"
TOKEN = "dsql.token_duration"  # noqa: S105 - the name of a parameter
STAGGERED = "dsql.staggered_startup"


def ten_for_thirty_transitions(transitions: int) -> int:
    """Connections: ten for every started thirty transitions a second, between 10 and 50."""
    return max(10, min(50, 10 * -(-transitions // 30)))


def the_whole_pool(connections: int) -> int:
    """Connections that may be idle."""
    return connections


CONNECTIONS = (
    Parameter(
        key=POOL,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=500,
        derivation=Derivation(
            (TRANSITIONS,),
            ten_for_thirty_transitions,
            "Ten connections carry thirty transitions a second; beyond fifty an instance is short of something else.",
        ),
        emitted=emitted("TEMPORAL_SQL_MAX_CONNS", "max_conns"),
        description="Connections that each server instance keeps open.",
        rationale="A pool of a fixed size is warm when load comes. One that grows under load spends the cluster's"
        " budget of new connections exactly when everybody else needs it.",
        source="Static persistence configuration of the server (sql.maxConns), which dynamic configuration cannot set.",
    ),
    Parameter(
        key=IDLE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=500,
        derivation=Derivation(
            (POOL,), the_whole_pool, "A pool that may keep all of its connections never shrinks and refills."
        ),
        emitted=emitted("TEMPORAL_SQL_MAX_IDLE_CONNS", "max_idle_conns"),
        description="Connections that each instance keeps while they are idle.",
        rationale="Go's pool closes idle connections above this number and opens new ones a moment later.",
        source="Static persistence configuration of the server (sql.maxIdleConns).",
    ),
    Parameter(
        key=LIFETIME,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="55m",
        minimum=60,
        maximum=24 * 3600,
        emitted=emitted("TEMPORAL_SQL_MAX_CONN_LIFETIME", "max_conn_lifetime_min", "min"),
        description="Age at which the pool replaces a connection.",
        rationale="DSQL closes connections after an hour. Five minutes before that, the longest transaction it allows"
        " can still end. While the reservoir is on, its own lifetime counts instead.",
        source="DSQL closes connections at 60 minutes and ends transactions at 5.",
    ),
    Parameter(
        key=TIMEOUT,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="30s",
        minimum=1,
        maximum=300,
        emitted=emitted("TEMPORAL_SQL_CONNECTION_TIMEOUT"),
        description="How long opening one connection may take.",
        rationale="Signing a token and the TLS handshake have to fit in; what hangs longer than that never comes.",
        source="Generous against the seconds that a cold start takes.",
    ),
    Parameter(
        key=TOKEN,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="14m",
        minimum=60,
        maximum=7 * 24 * 3600,
        emitted=emitted("DSQL_TOKEN_DURATION"),
        description="How long an authentication token is used before a new one is signed.",
        rationale="A token lives 15 minutes unless a longer life is asked for. One that is kept too long fails new"
        " connections only, and so is noticed late.",
        source="DSQL tokens live 900 seconds by default.",
    ),
    Parameter(
        key=STAGGERED,
        kind=ParameterClass.SAFETY,
        type=ParameterType.BOOLEAN,
        default=True,
        emitted=emitted("DSQL_STAGGERED_STARTUP"),
        description="Whether each instance waits a random moment before it connects.",
        rationale="Instances that a deployment starts together would otherwise fill their pools in the same second.",
        source="Recommended for every DSQL deployment with more than one instance.",
    ),
    Parameter(
        key="dsql.staggered_startup_max_delay",
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="5s",
        minimum=0,
        maximum=300,
        emitted=emitted("DSQL_STAGGERED_STARTUP_MAX_DELAY"),
        description="The longest such wait.",
        rationale="Long enough to spread the first connections, and short beside everything else at start-up.",
        source="Five seconds are 500 connections of DSQL's refill.",
    ),
)
