"""Explanations: one document written by rules, and who renders it or puts it into other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from sre_copilot_hookspecs.clusters import Cluster
from sre_copilot_hookspecs.health import Action


@attrs.frozen
class Table:
    """Facts in rows. Every row has as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@attrs.frozen
class Paragraph:
    """One part of an explanation, and the ids of the evidence it rests on."""

    key: str
    """Of a state: setting, trigger, actors, cause, meaning or watch, and course where an assessment tells how it
    came about. Others name their own."""
    title: str
    text: str
    evidence: tuple[str, ...] = ()
    """Keys of gates, findings and signals of the decision, and ``log:KEY`` for log patterns."""
    table: Table | None = None
    """What follows the text, where rows say it better than sentences."""


@attrs.frozen
class Advice(Action):
    """An action as it is recommended in one situation."""

    confidence: float = 1.0
    """0 to 1, how sure it is that the action meets the cause."""
    evidence: tuple[str, ...] = ()
    """Ids of the evidence it rests on, named as in :class:`Paragraph`."""

    @classmethod
    def of(cls, action: Action, *, confidence: float, evidence: tuple[str, ...]) -> Advice:
        """A declared action, recommended."""
        return cls(
            action.kind,
            action.target,
            action.says,
            action.risk,
            action.parameters,
            confidence=confidence,
            evidence=evidence,
        )


@attrs.frozen
class Explanation:
    """What is going on, why, and what to do, written from a decision and nothing else."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    actions: tuple[Advice, ...] = ()
    """What to do, the most fitting first. Nothing that a worker rule forbids is among them."""
    confidence: float = 1.0
    """0 to 1: visibility, margin and agreement of the evidence."""
    explained_by: str = "rules"
    note: str = ""
    """Why a configured model was not heard."""

    def paragraph(self, key: str) -> Paragraph | None:
        """The paragraph of that key, where there is one."""
        return next((paragraph for paragraph in self.paragraphs if paragraph.key == key), None)


class Renderer(Protocol):
    """Turns an explanation into text for one medium."""

    @property
    def key(self) -> str:
        """As a person asks for it: ``text``, ``markdown``, ``json``, ``html``."""

    @property
    def media_type(self) -> str:
        """Its name, as settings, failures and listings show it."""

    def render(self, explanation: Explanation) -> str:
        """The whole text. Equal explanations give equal text."""


@attrs.frozen
class Wording:
    """What a model may answer: words and references. There is no field for a state, a gate or a threshold."""

    paragraphs: tuple[Paragraph, ...]
    factors: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Sentences in order of weight, each with the evidence ids it cites."""
    actions: tuple[int, ...] = ()
    """Positions in the explanation's actions, best first."""


class Explainer(Protocol):
    """Puts an explanation into better words with a model."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def explain(self, document: Explanation, passages: Sequence[Passage]) -> Wording:
        """The same in other words. May raise anything; the rules' text is served then."""


class ModelProvider(Protocol):
    """Makes the models whose ids in ``[model]`` begin with its key, such as ``bedrock:NAME``."""

    @property
    def key(self) -> str:
        """What stands before the colon."""

    def model(self, name: str, *, region: str, timeout: float) -> object:
        """A ``pydantic_ai.models.Model``. Nothing is asked of it yet.

        :param name: what stands behind the colon.
        :param region: ``model.region``, or empty.
        :param timeout: seconds that one request may take.
        :raises CopilotError: if it cannot work, for example without credentials; says what to do.
        """


@attrs.frozen
class Passage:
    """A part of a runbook."""

    source: str
    heading: str
    text: str
    score: float


class Retriever(Protocol):
    """Finds passages of runbooks."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def search(self, query: str, *, limit: int, cluster: Cluster | None = None) -> Sequence[Passage]:
        """The passages that fit best, best first."""
