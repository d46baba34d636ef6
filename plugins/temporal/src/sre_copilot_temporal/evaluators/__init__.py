"""Pressure that readings show before, or beside, lost progress. None of it can make a cluster Critical."""

from __future__ import annotations

from sre_copilot_hookspecs import AmplifierEvaluator
from sre_copilot_temporal.evaluators import engine, processes, workers

EVALUATORS: tuple[AmplifierEvaluator, ...] = (*workers.EVALUATORS, *engine.EVALUATORS, *processes.EVALUATORS)
"""Every evaluator."""
