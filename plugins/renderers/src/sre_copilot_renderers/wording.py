"""The few words that every medium adds to an explanation, so that all of them say the same."""

from __future__ import annotations

from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.health import Action

WHAT_TO_DO = "What to do"
EVIDENCE = "Evidence"


def advice(action: Action) -> str:
    """An action as one sentence with what it touches and what it risks."""
    parameters = "".join(f", {name} {value}" for name, value in action.parameters)
    return f"{action.says} ({action.kind.value} {action.target}{parameters}; risk {action.risk.value})"


def closing(explanation: Explanation) -> list[str]:
    """How sure the explanation is and whose words it is in. Nothing where rules are certain."""
    lines = []
    if explanation.confidence < 1:
        lines.append(f"Confidence {explanation.confidence:.0%}.")
    if explanation.explained_by != "rules":
        lines.append(f"Put into words by {explanation.explained_by}; what it rests on was decided by rules.")
    return lines
