"""Everything that can be measured on a Temporal cluster, a file for each actor."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal
from sre_copilot_temporal.signals import (
    cache,
    canary,
    demand,
    frontend,
    history,
    matching,
    persistence,
    pollers,
    queues,
    runtime,
    sticky,
    tenants,
    throttling,
    workers,
    workflows,
)

_MODULES = (
    demand,
    frontend,
    throttling,
    history,
    queues,
    cache,
    matching,
    persistence,
    runtime,
    workers,
    pollers,
    sticky,
    workflows,
    tenants,
    canary,
)

SIGNALS: tuple[Signal, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Signal)
)
"""Every signal, in the order of the files."""
