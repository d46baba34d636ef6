"""What models may answer, and what becomes of it. No class here has a field for a state, a threshold or a severity.

This module needs pydantic, so it is imported only where a model is configured.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sre_copilot_hookspecs import Advice, Explanation, Paragraph, Wording


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Dispatch(_Answer):
    """How much is to be said, and two sentences where that is enough."""

    depth: Literal["none", "quick", "deep"]
    meaning: str = Field(default="", max_length=4000)
    evidence: list[str] = Field(default_factory=list, max_length=50)


class Section(_Answer):
    """One paragraph."""

    key: str = Field(max_length=100)
    text: str = Field(max_length=4000)
    evidence: list[str] = Field(default_factory=list, max_length=50)


class Factor(_Answer):
    """Something that contributed."""

    text: str = Field(max_length=4000)
    evidence: list[str] = Field(max_length=50)


class Proposal(_Answer):
    """An action, named as the document names it."""

    kind: Literal["scale", "restart", "configure", "alert"]
    target: str = Field(max_length=200)
    parameters: dict[str, str] = Field(default_factory=dict)


class Research(_Answer):
    """The document in other words."""

    paragraphs: list[Section] = Field(max_length=20)
    factors: list[Factor] = Field(default_factory=list, max_length=10)
    actions: list[Proposal] = Field(default_factory=list, max_length=20)


def wording_of(dispatch: Dispatch) -> Wording:
    """The quick answer: one paragraph."""
    return Wording((Paragraph("meaning", "", dispatch.meaning, tuple(dispatch.evidence)),))


def wording_and_withheld(research: Research, document: Explanation) -> tuple[Wording, int]:
    """The full answer, and how many proposed actions are none of the document's and so are left out.

    What a worker rule forbids is never among the document's.
    """
    positions = [_position(proposal, document.actions) for proposal in research.actions]
    allowed = tuple(dict.fromkeys(position for position in positions if position is not None))
    wording = Wording(
        tuple(Paragraph(one.key, "", one.text, tuple(one.evidence)) for one in research.paragraphs),
        tuple((one.text, tuple(one.evidence)) for one in research.factors),
        allowed,
    )
    return wording, positions.count(None)


def _position(proposal: Proposal, actions: tuple[Advice, ...]) -> int | None:
    wanted = set(proposal.parameters.items())
    return next(
        (
            position
            for position, action in enumerate(actions)
            if action.kind.value == proposal.kind
            and action.target == proposal.target
            and wanted <= set(action.parameters)
        ),
        None,
    )
