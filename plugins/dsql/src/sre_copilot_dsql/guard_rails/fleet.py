"""How many connections all instances of a cluster hold together."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_dsql.deployment import INSTANCES
from sre_copilot_dsql.parameters.connections import POOL
from sre_copilot_dsql.parameters.reservoir import ENABLED, TARGET
from sre_copilot_hookspecs.configuration import Value

FLEET = (ENABLED, TARGET, POOL, *INSTANCES)
"""The parameters that the functions here take, in this order."""


def per_instance(reservoir: bool, ready: int, pool: int) -> int:
    """Connections of one instance: those of its reservoir where there is one, else of its pool."""
    return ready if reservoir else pool


def connections(reservoir: bool, ready: int, pool: int, *instances: int) -> int:
    """Connections of all instances."""
    return per_instance(reservoir, ready, pool) * sum(instances)


def figures(reservoir: bool, ready: int, pool: int, *instances: int) -> Mapping[str, Value]:
    """The factors and their product, for sentences."""
    return {
        "each": per_instance(reservoir, ready, pool),
        "instances": sum(instances),
        "connections": connections(reservoir, ready, pool, *instances),
    }
