"""Which orders are placed: the share of every fate an order can have."""

from __future__ import annotations

from collections.abc import Mapping

FATES: Mapping[str, str] = {
    "fulfilled": "charged, approved, shipped",
    "declined": "the charge fails twice, then the workflow fails",
    "forgotten": "nobody acts, and the workflow times out after 3 s",
    "refused": "terminated after 1.5 s",
    "withdrawn": "cancelled after 1.5 s",
    "in_parts": "continues as new twice, then as fulfilled",
    "inspected": "one activity of 5 s",
}

MIXES: Mapping[str, Mapping[str, float]] = {
    "ordinary": {"fulfilled": 1.0},
    "slow": {"inspected": 1.0},
    # No fate here fails a workflow task: the workers' code is sound, what it works on is not.
    "failing": {
        "declined": 0.63,
        "fulfilled": 0.15,
        "forgotten": 0.08,
        "refused": 0.05,
        "withdrawn": 0.05,
        "in_parts": 0.04,
    },
}
