"""How many worker processes a deployment runs: no option of an SDK, but part of what its workers are."""

from __future__ import annotations

from sre_copilot_hookspecs.resolved import Configuration

PARAMETER = "sdk.worker_count"


def worker_processes(configuration: Configuration) -> int | None:
    """Their number, or ``None`` where no plugin declares it."""
    found = configuration.get(PARAMETER)
    return None if found is None else int(found)
