"""Pressure that readings show before, or beside, lost progress. None of it can make a cluster Critical."""

from __future__ import annotations

from sre_copilot_hookspecs import AmplifierEvaluator, ThresholdProfile
from sre_copilot_temporal.evaluators import engine, processes, workers

_ALL = (*workers.EVALUATORS, *engine.EVALUATORS, *processes.EVALUATORS)

EVALUATORS: tuple[AmplifierEvaluator, ...] = _ALL
"""Every evaluator."""

LIMITS = ThresholdProfile(
    "temporal evaluators",
    # Some share a condition.
    tuple({threshold.key: threshold for evaluator in _ALL for threshold in evaluator.limits}.values()),
)
"""Every number that they compare with."""
