"""The observation of a cycle in which nothing could be observed."""

from __future__ import annotations

from collections.abc import Iterable

from whenever import Instant

from sre_copilot.health.observation import Observation, Problem
from sre_copilot_hookspecs import Missing, MissingReason, Reading


def blind_observation(cluster: str, at: Instant, signals: Iterable[str], says: str) -> Observation:
    """Every signal missing, and one problem that says why. A failure is an outcome, never a zero."""
    missing = Missing(MissingReason.UNREACHABLE)
    return Observation(
        Reading(at, cluster, dict.fromkeys(signals, missing)),
        problems=(Problem("sre-copilot", f"observation of cluster {cluster}", says),),
    )
