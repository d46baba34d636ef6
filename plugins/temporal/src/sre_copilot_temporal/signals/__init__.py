"""Everything that can be measured on a Temporal cluster, a file for each actor."""

from __future__ import annotations

from sre_copilot_hookspecs import Signal
from sre_copilot_temporal.signals import (
    demand,
    frontend,
    history,
    matching,
    persistence,
    runtime,
    workers,
    workflows,
)

SIGNALS: tuple[Signal, ...] = tuple(
    value
    for module in (demand, frontend, history, matching, persistence, runtime, workers, workflows)
    for value in vars(module).values()
    if isinstance(value, Signal)
)
"""Every signal, in the order of the files."""
