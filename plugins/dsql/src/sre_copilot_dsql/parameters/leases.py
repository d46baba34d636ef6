"""Leases: how many connections the whole fleet holds, kept in a table that all instances share."""

from __future__ import annotations

from sre_copilot_dsql import limits
from sre_copilot_dsql.deployment import LARGE, TRANSITIONS
from sre_copilot_dsql.parameters.emissions import emitted
from sre_copilot_hookspecs.configuration import Derivation, Parameter, ParameterClass, ParameterType

LEASED = "dsql.slot_block_enabled"
BLOCK_SIZE = "dsql.slot_block_size"
BLOCK_COUNT = "dsql.slot_block_count"
LEASE_TABLE = "dsql.conn_lease_table"


def at_scale(transitions: int) -> bool:
    """Whether so many instances run that their pools have to be counted together."""
    return transitions >= LARGE


def as_many_as_the_quota_holds(size: int) -> int:
    """Blocks of that size that fit into the quota of connections."""
    return limits.CONNECTIONS // size


def table_if(leased: bool) -> str:
    """The DynamoDB table of the leases."""
    return "temporal-dsql-conn-lease" if leased else ""


LEASES = (
    Parameter(
        key=LEASED,
        kind=ParameterClass.SAFETY,
        type=ParameterType.BOOLEAN,
        derivation=Derivation(
            (TRANSITIONS,),
            at_scale,
            "From 500 transitions a second on, autoscaling and deployments can bring the fleet near the quota.",
        ),
        emitted=emitted("DSQL_DISTRIBUTED_CONN_LEASE_ENABLED", "slot_block_enabled"),
        description="Whether instances lease the right to connections from a shared table.",
        rationale="It keeps the whole fleet below the quota of connections, however many instances are started.",
        source="Off where the plugin is told nothing.",
    ),
    Parameter(
        key=LEASE_TABLE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.TEXT,
        derivation=Derivation((LEASED,), table_if, "Leases that are on need their table; without them there is none."),
        emitted=emitted("DSQL_DISTRIBUTED_CONN_LEASE_TABLE"),
        description="The DynamoDB table that holds the leases.",
        rationale="Without its name the plugin logs an error and goes on with no limit for the fleet.",
        source="The name that the deployment's infrastructure creates.",
    ),
    Parameter(
        key=BLOCK_SIZE,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        default=100,
        minimum=10,
        maximum=1000,
        emitted=emitted("DSQL_SLOT_BLOCK_SIZE", "slot_block_size"),
        description="Connections that one lease covers.",
        rationale="Large blocks need few writes to the table; small ones strand fewer connections in instances that"
        " hardly use theirs.",
        source="Twice the largest pool that follows from a target.",
    ),
    Parameter(
        key=BLOCK_COUNT,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="leases",
        minimum=1,
        maximum=1000,
        derivation=Derivation(
            (BLOCK_SIZE,),
            as_many_as_the_quota_holds,
            "All leases together are as many connections as DSQL allows, and not one more.",
        ),
        emitted=emitted("DSQL_SLOT_BLOCK_COUNT", "slot_block_count"),
        description="Leases that exist.",
        rationale="Size times count is the most connections that the fleet can ever hold.",
        source="DSQL: 10,000 connections, which may be raised.",
    ),
    Parameter(
        key="dsql.slot_block_ttl",
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="3m",
        minimum=10,
        maximum=3600,
        emitted=emitted("DSQL_SLOT_BLOCK_TTL"),
        description="Time after which a lease that nobody renews is free again.",
        rationale="It gives back what crashed instances held, and must outlast a pause that they survive.",
        source="Three renewals may be missed.",
    ),
    Parameter(
        key="dsql.slot_block_renew_interval",
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="1m",
        minimum=1,
        maximum=3600,
        emitted=emitted("DSQL_SLOT_BLOCK_RENEW_INTERVAL"),
        description="How often an instance renews its leases.",
        rationale="Well below the time after which they are lost, so that one failed write costs nothing.",
        source="A third of the time after which a lease is lost.",
    ),
)
