"""How sure an explanation is, 0 to 1: what is seen, how well the evidence agrees, how clear it is."""

from __future__ import annotations

from sre_copilot.explain.case import Case
from sre_copilot.health.decision import Outcome

CLEAR_MARGIN = 0.25
"""Share of its threshold by which a value must be past it to be beyond doubt. A choice of ours: readings of one
steady cluster differ by less from cycle to cycle."""
LEAST_CLARITY = 0.75
"""What is left of the confidence when a value lies at its very threshold."""


def confidence(case: Case) -> float:
    """The confidence of a whole explanation, to two digits.

    The engine's own confidence is the agreement of the cause's evidence with what can be seen. It is lowered
    by up to a quarter where no gate that speaks for the cause is clearly past its threshold.
    """
    return round(case.decision.confidence * (LEAST_CLARITY + (1 - LEAST_CLARITY) * clarity(case)), 2)


def clarity(case: Case) -> float:
    """How far past its threshold the clearest evidence of the cause is, 0 to 1; 1 where nothing is compared."""
    margins = [
        case.results[fact].margin or 0.0
        for fact in case.decision.cause.facts
        if fact in case.results and case.results[fact].outcome is Outcome.FIRED
    ]
    if not margins:
        return 1.0
    return min(1.0, max(0.0, *margins) / CLEAR_MARGIN)
