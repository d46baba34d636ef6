"""Explanations: one document written by rules, and who renders it or puts it into other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs
from whenever import Instant

from sre_copilot_hookspecs.actions import Action

if TYPE_CHECKING:
    from sre_copilot_hookspecs.clusters import Cluster


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
    """The document it is from, such as ``guides/no-workers.md``: what :meth:`Library.document` takes."""
    heading: str
    text: str
    score: float
    anchor: str = ""
    """Where in the document it begins, as the part of a link after ``#``; empty for the beginning."""


class Retriever(Protocol):
    """Finds passages of runbooks."""

    @property
    def key(self) -> str:
        """Its name, as settings, failures and listings show it."""

    async def search(self, query: str, *, limit: int, cluster: Cluster | None = None) -> Sequence[Passage]:
        """The passages that fit best, best first."""


@attrs.frozen
class Document:
    """One guide as it was written."""

    source: str
    """As passages cite it."""
    text: str
    """Markdown."""


@runtime_checkable
class Library(Protocol):
    """What a retriever may offer besides: the documents that passages are from."""

    async def documents(self) -> Sequence[Document]:
        """Every document that can be read."""

    async def document(self, source: str) -> str | None:
        """The Markdown of one, or None where there is no such document. Any text may be asked for."""


@attrs.frozen
class Ingestion:
    """One run that makes documents searchable."""

    id: str
    status: str
    """In the words of who runs it, such as ``COMPLETE``."""
    started_at: Instant | None = None
    counts: tuple[tuple[str, int], ...] = ()
    """What was counted, such as ``("documents", 31)``."""
    problems: tuple[str, ...] = ()


@attrs.frozen
class SyncedDocument:
    """One document that was handed over, or the reason why not."""

    name: str
    problem: str = ""


@runtime_checkable
class KnowledgeBase(Protocol):
    """What a retriever may offer besides: taking in the documents that it searches."""

    async def sync(self, documents: Sequence[Document]) -> Sequence[SyncedDocument]:
        """Take in the documents of all libraries, and tell what became of each.

        :raises SourceUnavailable: if none can be taken in, with the reason.
        """

    async def start_ingestion(self) -> Ingestion:
        """Make what was handed over searchable.

        :raises SourceUnavailable: if it cannot be started, with the reason.
        """

    async def ingestions(self, *, limit: int) -> Sequence[Ingestion]:
        """The newest runs, newest first.

        :raises SourceUnavailable: if nobody answers.
        """
