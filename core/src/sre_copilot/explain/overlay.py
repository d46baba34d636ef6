"""A status in the words of its assessment."""

from __future__ import annotations

import attrs

from sre_copilot.explain.assessment import Assessment
from sre_copilot.explain.status import ActionRow, StatusDocument


def overlay(status: StatusDocument, assessment: Assessment | None) -> StatusDocument:
    """The status with the explanation of an assessment of this very decision, and its order of actions.

    State, gates, causes and what the actions are stay those of the status, whatever the assessment says. One of
    another decision, or none, changes nothing; one whose actions are others changes the words alone.
    """
    if assessment is None or assessment.decision != status.id or assessment.cluster != status.cluster:
        return status
    if assessment.state != status.health_state or assessment.cause != status.cause or status.explanation is None:
        return status
    explanation = attrs.evolve(
        assessment.explanation, title=status.explanation.title, confidence=status.explanation.confidence
    )
    return attrs.evolve(
        status, explanation=explanation, recommended_actions=_ordered(status.recommended_actions, assessment.actions)
    )


def _ordered(own: tuple[ActionRow, ...], wanted: tuple[ActionRow, ...]) -> tuple[ActionRow, ...]:
    same = len(own) == len(wanted) and all(action in own for action in wanted)
    return wanted if same and all(action in wanted for action in own) else own
