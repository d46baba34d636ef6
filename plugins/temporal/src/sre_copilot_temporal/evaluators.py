"""Pressure that single readings show before progress suffers."""

from __future__ import annotations

from sre_copilot_hookspecs import AmplifierEvaluator, Finding, Findings, Pressure, Window
from sre_copilot_temporal.signals import history, workers

_NEARLY_FULL = 0.9
"""Share of busy slots at which a short burst would have to wait."""
_MANY_ATTEMPTS = 3.0
"""Attempts at an internal task; a healthy engine succeeds at the first."""


class SlotSaturation:
    """Workers whose slots are nearly all busy, in every one of the last readings."""

    key = "temporal.slots"
    finds = ("temporal.slots_nearly_full",)

    def evaluate(self, window: Window) -> Findings:
        """A finding while the fullest task queue has been nearly full for three readings."""
        shares = window.values(workers.SLOTS_USED_SHARE.key)[-3:]
        if len(shares) < 3 or min(shares) < _NEARLY_FULL:
            return Findings()
        return Findings(
            (
                Finding(
                    "temporal.slots_nearly_full",
                    Pressure.NOTICE,
                    "workers",
                    f"{shares[-1]:.0%} of the task slots are busy in the fullest task queue.",
                    ((workers.SLOTS_USED_SHARE.key, shares[-1]),),
                    "Add workers before the last slot is taken.",
                ),
            )
        )


class TaskRetries:
    """An engine that tries its own tasks again and again."""

    key = "temporal.retries"
    finds = ("temporal.tasks_are_retried",)

    def evaluate(self, window: Window) -> Findings:
        """A finding while internal tasks need several attempts."""
        attempts = window.latest.value(history.TASK_ATTEMPTS_P99.key)
        if attempts is None or attempts < _MANY_ATTEMPTS:
            return Findings()
        return Findings(
            (
                Finding(
                    "temporal.tasks_are_retried",
                    Pressure.PRESSURE,
                    "history",
                    f"The engine needs {attempts:.0f} attempts for some of its own tasks.",
                    ((history.TASK_ATTEMPTS_P99.key, attempts),),
                    "See what the attempts fail on: the database, a busy workflow, or a shard that moves.",
                ),
            )
        )


EVALUATORS: tuple[AmplifierEvaluator, ...] = (SlotSaturation(), TaskRetries())
