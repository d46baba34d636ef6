"""The reservoir: connections that are made ahead of need, beside the pool."""

from __future__ import annotations

from sre_copilot_dsql.deployment import TRANSITIONS, WITH_RESERVOIR
from sre_copilot_dsql.parameters.connections import POOL
from sre_copilot_dsql.parameters.emissions import emitted
from sre_copilot_hookspecs.configuration import Derivation, Parameter, ParameterClass, ParameterType

ENABLED = "dsql.reservoir_enabled"
TARGET = "dsql.reservoir_target_ready"
BASE_LIFETIME = "dsql.reservoir_base_lifetime"
JITTER = "dsql.reservoir_lifetime_jitter"
GUARD_WINDOW = "dsql.reservoir_guard_window"


def from_mid_scale_on(transitions: int) -> bool:
    """Whether the load is worth a reservoir."""
    return transitions >= WITH_RESERVOIR


def as_large_as_the_pool(connections: int) -> int:
    """Connections kept ready."""
    return connections


def a_fifth_of_the_pool(connections: int) -> int:
    """Connections opened at once: a fifth of the pool, between 4 and 8."""
    return max(4, min(8, -(-connections // 5)))


def its_target(target: int) -> int:
    """Ready connections below which refilling begins."""
    return target


RESERVOIR = (
    Parameter(
        key=ENABLED,
        kind=ParameterClass.SAFETY,
        type=ParameterType.BOOLEAN,
        derivation=Derivation(
            (TRANSITIONS,),
            from_mid_scale_on,
            "From 50 transitions a second on, a request that waits for a handshake is felt; below, the pool suffices.",
        ),
        emitted=emitted("DSQL_RESERVOIR_ENABLED", "reservoir_enabled"),
        description="Whether connections are made ahead of need and kept beside the pool.",
        rationale="Opening a connection takes a signed token and a TLS handshake. With a reservoir no request waits for"
        " that.",
        source="Off where the plugin is told nothing.",
    ),
    Parameter(
        key=TARGET,
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=500,
        derivation=Derivation(
            (POOL,), as_large_as_the_pool, "As many as the pool holds, so that replacing all of them finds each ready."
        ),
        emitted=emitted("DSQL_RESERVOIR_TARGET_READY", "reservoir_target_ready"),
        description="Connections that the reservoir keeps ready.",
        rationale="A reservoir that runs empty puts handshakes back on the path of requests.",
        source="The plugin raises a lower number to its low watermark.",
    ),
    Parameter(
        key="dsql.reservoir_low_watermark",
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=500,
        derivation=Derivation(
            (TARGET,), its_target, "Left out, the plugin takes the pool's size and silently lifts the target to it."
        ),
        emitted=emitted("DSQL_RESERVOIR_LOW_WATERMARK"),
        description="Ready connections below which the reservoir refills at once.",
        rationale="Equal to the target, it refills whenever one is taken, one at a time.",
        source="Plugin default: the pool's size.",
    ),
    Parameter(
        key=BASE_LIFETIME,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="11m",
        minimum=60,
        maximum=24 * 3600,
        emitted=emitted("DSQL_RESERVOIR_BASE_LIFETIME", "reservoir_base_lifetime_min", "min"),
        description="Age at which the reservoir replaces a connection.",
        rationale="Replacing often spreads new connections evenly over time and stays far from the hour at which DSQL"
        " closes them all.",
        source="Fifty connections in eleven minutes are one every 13 seconds.",
    ),
    Parameter(
        key=JITTER,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="2m",
        minimum=0,
        maximum=3600,
        emitted=emitted("DSQL_RESERVOIR_LIFETIME_JITTER", "reservoir_lifetime_jitter_min", "min"),
        description="How much longer, at random, each connection may live.",
        rationale="Connections that were opened together would otherwise end together and be reopened in one burst.",
        source="The plugin adds it to the base lifetime.",
    ),
    Parameter(
        key=GUARD_WINDOW,
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="45s",
        minimum=0,
        maximum=3600,
        emitted=emitted("DSQL_RESERVOIR_GUARD_WINDOW", "reservoir_guard_window_sec", "s"),
        description="Connections that end within this time are not handed out any more.",
        rationale="Work that begins on a connection should not lose it half-way.",
        source="Longer than any statement of the server may run.",
    ),
    Parameter(
        key="dsql.reservoir_inflight_limit",
        kind=ParameterClass.SAFETY,
        type=ParameterType.INTEGER,
        unit="connections",
        minimum=1,
        maximum=32,
        derivation=Derivation(
            (POOL,), a_fifth_of_the_pool, "A larger pool may refill faster, and eight handshakes at once keep it full."
        ),
        emitted=emitted("DSQL_RESERVOIR_INFLIGHT_LIMIT", "reservoir_inflight_limit"),
        description="Connections that the reservoir opens at the same time.",
        rationale="Handshakes are costly on both sides; a pile of them slows each other and the requests beside them.",
        source="Tried between 4 and 8.",
    ),
    Parameter(
        key="dsql.reservoir_initial_fill_timeout",
        kind=ParameterClass.SAFETY,
        type=ParameterType.DURATION,
        default="30s",
        minimum=1,
        maximum=600,
        emitted=emitted("DSQL_RESERVOIR_INITIAL_FILL_TIMEOUT"),
        description="How long an instance waits at its start for the reservoir to be full.",
        rationale="An instance that takes requests with an empty reservoir is slow at first; one that waits for ever"
        " never starts.",
        source="As long as one connection may take to open.",
    ),
)
