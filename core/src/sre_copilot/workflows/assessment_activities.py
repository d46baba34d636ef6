"""What an assessment does outside its workflow: read, ask, keep, tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs
from temporalio import activity
from whenever import Instant, TimeDelta

from sre_copilot.assess.budget import calls_lately
from sre_copilot.assess.explaining import hear
from sre_copilot.assess.foreign import ask_within
from sre_copilot.assess.grounding import vocabulary_of
from sre_copilot.assess.pricing import priced
from sre_copilot.assess.retrieval import Retrieved, question, retrieve
from sre_copilot.explain.assessment import Assessment
from sre_copilot.explain.course import Past, course
from sre_copilot.explain.evidence import exhibits_of
from sre_copilot.explain.rows import explanation_of
from sre_copilot.explain.status import StatusDocument
from sre_copilot.narrative.redacting import redacted
from sre_copilot.plugins.finding import what_happened
from sre_copilot.settings.silence import Silence
from sre_copilot.store.rows import NotificationRow, Timeline
from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows.assessment_messages import (
    Answer,
    Asking,
    AssessOrder,
    DueOrder,
    Gathered,
    Material,
    TellOrder,
)
from sre_copilot_hookspecs import Cluster, CopilotError, Explainer, Explanation, Notifier, Retriever

log = logging.getLogger(__name__)

LATELY = TimeDelta(minutes=10)
"""How far back an assessment tells how the situation came about."""
MOST_PAST = 600
"""Decisions of that time at a cycle of one second."""


class Assessing(Protocol):
    """What keeps decisions and assessments."""

    async def status_at(self, decision_id: str) -> StatusDocument | None:
        """The status that was written with one decision."""

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        """The status of the newest decision."""

    async def timeline(self, cluster: str, since: Instant, until: Instant, limit: int) -> Timeline:
        """The decisions of a span of time."""

    async def latest_assessment(self, cluster: str) -> Assessment | None:
        """The newest assessment of a cluster."""

    async def assessments(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[Assessment, ...]:
        """The first assessments of a span of time."""

    async def save_assessment(self, assessment: Assessment) -> None:
        """Keep an assessment and its issues, once however often it is saved."""

    async def note_notification(self, row: NotificationRow) -> None:
        """Keep what became of a notification."""


@attrs.frozen
class Surroundings:
    """The plugins that an assessment asks, in the order in which they were found."""

    retrievers: tuple[Retriever, ...] = ()
    explainers: tuple[Explainer, ...] = ()
    notifiers: tuple[Notifier, ...] = ()
    clusters: Mapping[str, Cluster] = attrs.field(factory=dict)
    causes: tuple[str, ...] = ()
    """Names of all known causes."""
    asking: Asking | None = None
    """How this worker's agents are asked, with the whole budget; ``None`` where it has none."""
    no_model: str = ""
    """Why a configured model cannot be asked, as one sentence."""
    silences: tuple[Silence, ...] = ()
    """When nobody is told."""


class AssessmentActivities:
    """The activities of the workflows that assess and tell, with what they need."""

    def __init__(self, store: Assessing, surroundings: Surroundings) -> None:
        self._store = store
        self._around = surroundings

    @property
    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for a worker."""
        return (self.gather, self.explain, self.keep, self.due, self.notifiers, self.tell)

    @activity.defn(name="gather_assessment")
    async def gather(self, order: AssessOrder) -> Gathered:
        """What is known of the decision and its surroundings."""
        status = await self._status(order)
        if status is None or status.explanation is None:
            return Gathered()
        own = explanation_of(status.explanation, status.recommended_actions)
        past, retrieved = await asyncio.gather(self._past(status), self._retrieve(order, status))
        material = Material(
            decision=status.id,
            state=status.health_state,
            mode=status.mode,
            cause=status.cause,
            explanation=_with_course(own, status, past),
            evidence=tuple(sorted({exhibit.id for exhibit in exhibits_of(status)})),
            issues=status.issues,
            passages=retrieved.passages,
            problems=retrieved.problems,
            vocabulary=vocabulary_of(status, self._around.causes),
            no_model=self._around.no_model,
        )
        if self._around.asking is None or not material.is_worth_a_model:
            return Gathered(material)
        return Gathered(attrs.evolve(material, asking=await self._budgeted(self._around.asking, status.cluster)))

    @activity.defn(name="explain_assessment")
    async def explain(self, material: Material) -> Answer:
        """The explanation in the words of a configured model, or in the rules' own."""
        heard = await hear(
            self._around.explainers,
            material.explanation,
            material.passages,
            frozenset(material.evidence),
            deadline=0.9 * messages.EXPLAINING,
            vocabulary=material.vocabulary,
        )
        return Answer(heard.worded.explanation, heard.worded.factors, heard.calls)

    @activity.defn(name="keep_assessment")
    async def keep(self, assessment: Assessment) -> None:
        """Keep it, with its issues."""
        await self._store.save_assessment(attrs.evolve(assessment, calls=priced(assessment.calls)))

    @activity.defn(name="assessment_due")
    async def due(self, order: DueOrder) -> str:
        """Id of the decision to assess; empty where nothing is due."""
        last = await self._store.latest_assessment(order.cluster)
        if last is not None and order.now - last.at < TimeDelta(seconds=order.window):
            return ""
        status = await self._store.latest_status(order.cluster)
        # What was assessed once is not assessed again while nobody observes the cluster.
        return "" if status is None or (last is not None and last.decision == status.id) else status.id

    @activity.defn(name="name_notifiers")
    async def notifiers(self) -> list[str]:
        """Keys of everybody who is told of state changes."""
        return [notifier.key for notifier in self._around.notifiers]

    @activity.defn(name="tell_notifier")
    async def tell(self, order: TellOrder) -> None:
        """Tell one notifier, and keep what became of it. Raises what the notifier raised."""
        # The instant of the change counts, so that what was silent is not told by a late attempt.
        if any(silence.covers(order.change.cluster, order.change.at) for silence in self._around.silences):
            await self._note(order, "silenced", "")
            return
        notifier = next(known for known in self._around.notifiers if known.key == order.notifier)
        try:
            await ask_within(messages.TELLING, lambda: notifier.notify(order.change), name=f"notifier {notifier.key}")
        except Exception as failure:
            await self._note(order, "failed", redacted(what_happened(failure)))
            raise
        await self._note(order, "told", "")

    async def _budgeted(self, asking: Asking, cluster: str) -> Asking:
        try:
            lately = await calls_lately(self._store, cluster, Instant.now())
        except CopilotError as refusal:
            log.warning("How often models were asked about %s lately is not known: %s", cluster, refusal)
            return asking
        return attrs.evolve(asking, calls=max(0, asking.calls - lately))

    async def _note(self, order: TellOrder, outcome: str, detail: str) -> None:
        change = order.change
        row = NotificationRow(change.cluster, change.at, order.notifier, change.decision_id, outcome, detail)
        try:
            await self._store.note_notification(row)
        except CopilotError as refusal:
            log.warning("What became of telling %s is not kept: %s", order.notifier, refusal)

    async def _status(self, order: AssessOrder) -> StatusDocument | None:
        if order.decision:
            return await self._store.status_at(order.decision)
        return await self._store.latest_status(order.cluster)

    async def _past(self, status: StatusDocument) -> tuple[Past, ...]:
        at = status.observed_at
        try:
            found = await self._store.timeline(status.cluster, at - LATELY, at + TimeDelta(seconds=1), MOST_PAST)
        except CopilotError as refusal:
            log.warning("An assessment of %s does not tell how it came about: %s", status.cluster, refusal)
            return ()
        return tuple(Past(row.at, row.state) for row in found.rows)

    async def _retrieve(self, order: AssessOrder, status: StatusDocument) -> Retrieved:
        return await retrieve(
            self._around.retrievers,
            question(status),
            deadline=messages.RETRIEVAL,
            cluster=self._around.clusters.get(order.cluster),
        )


def _with_course(own: Explanation, status: StatusDocument, past: Sequence[Past]) -> Explanation:
    told = course(past, status.trends, status.observed_at)
    return own if told is None else attrs.evolve(own, paragraphs=(*own.paragraphs, told))
