"""What to do about a cause."""

from __future__ import annotations

from sre_copilot.explain.case import Case
from sre_copilot_hookspecs import Advice, Mode


def advice(case: Case, *, confidence: float) -> tuple[Advice, ...]:
    """The cause's actions in their order, each with the evidence of the cause.

    What a worker rule forbids now was left out when it was decided. While the cluster works off what an old cause
    left behind there is nothing to do about that cause.
    """
    cause = case.decision.cause
    if cause.carried and case.decision.mode is Mode.RECOVERING:
        return ()
    return tuple(Advice.of(action, confidence=confidence, evidence=cause.facts) for action in cause.actions)
