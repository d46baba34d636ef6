"""A store and plugins for tests of assessments, and a worker that assesses on a real Temporal server."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence

import attrs
from temporalio.client import Client
from whenever import Instant

from sre_copilot.explain.assessment import Assessment, Trigger
from sre_copilot.explain.present import present
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.store import StorageUnavailable
from sre_copilot.store.rows import NotificationRow, Timeline, TimelineRow
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.assessment_messages import AssessOrder
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import Cluster, Explanation, Paragraph, Passage, StateChange, Wording
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, STEADY, observe
from tests.workflow_fakes import FakeObserver, FakeStore, ruleset


def documents(*parts: tuple[dict[str, float], int]) -> list[tuple[Receipt, StatusDocument]]:
    """Decisions of the built-in rules, with their documents."""
    memory, made = Memory(), []
    for cycle, values in enumerate([part for part, cycles in parts for _ in range(cycles)]):
        observation = observe(values, cycle)
        receipt = Receipt(observation, memory, ENGINE.decide(memory, observation))
        made.append((receipt, present(BUILTIN, receipt, cycle_seconds=30)))
        memory = receipt.decision.memory
    return made


CRITICAL = documents((STEADY, 2), (NO_WORKERS, 3))
HAPPY = documents((STEADY, 2))


class AssessmentStore(FakeStore):
    """Keeps assessments in memory, except while it is down."""

    def __init__(self, kept: Sequence[tuple[Receipt, StatusDocument]] = ()) -> None:
        super().__init__()
        self.by_id = {status.id: status for _, status in kept}
        self.kept_assessments: list[Assessment] = []
        self.notifications: list[NotificationRow] = []
        self.down = False

    def _refuse(self) -> None:
        if self.down:
            raise StorageUnavailable("The database does not answer.")

    async def record(self, receipts):  # type: ignore[no-untyped-def]
        await super().record(receipts)
        self.by_id |= {status.id: status for _, status in receipts}

    async def status_at(self, decision_id: str) -> StatusDocument | None:
        self._refuse()
        return self.by_id.get(decision_id)

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        self._refuse()
        return next(reversed([one for one in self.by_id.values() if one.cluster == cluster]), None)

    async def timeline(self, cluster: str, since: Instant, until: Instant, limit: int) -> Timeline:
        self._refuse()
        rows = [
            TimelineRow(
                one.id, one.observed_at, one.health_state, "", one.cause, one.reason, 1.0, one.mode, one.band, 30.0
            )
            for one in self.by_id.values()
            if one.cluster == cluster and since <= one.observed_at < until
        ]
        return Timeline(tuple(rows[:limit]))

    async def latest_assessment(self, cluster: str) -> Assessment | None:
        self._refuse()
        return next((one for one in reversed(self.kept_assessments) if one.cluster == cluster), None)

    async def assessments(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[Assessment, ...]:
        self._refuse()
        found = [one for one in self.kept_assessments if one.cluster == cluster and since <= one.at < until]
        return tuple(found[:limit])

    async def save_assessment(self, assessment: Assessment) -> None:
        self._refuse()
        if assessment.id not in {one.id for one in self.kept_assessments}:
            self.kept_assessments.append(assessment)

    async def note_notification(self, row: NotificationRow) -> None:
        self.notifications.append(row)


@attrs.define
class Model:
    """An explainer that does what a test wants."""

    answers: Callable[[Explanation], Wording]
    key: str = "model"
    blocks: float = 0.0
    """Seconds for which it holds up its thread."""
    hangs: float = 0.0
    """Seconds for which it waits as it should."""
    asked: int = 0

    async def explain(self, document: Explanation, passages: Sequence[Passage]) -> Wording:
        self.asked += 1
        time.sleep(self.blocks)  # noqa: ASYNC251 - as a careless plugin would
        await asyncio.sleep(self.hangs)
        return self.answers(document)


def in_other_words(document: Explanation) -> Wording:
    """A grounded answer."""
    cited = document.paragraphs[1].evidence
    return Wording((Paragraph("meaning", "", "Nobody works.", cited),), (("Workers are gone.", cited),), (1, 0))


@attrs.define
class Shelf:
    """A retriever that finds one passage for anything."""

    key: str = "shelf"
    queries: list[str] = attrs.field(factory=list)

    async def search(self, query: str, *, limit: int, cluster: Cluster | None = None) -> Sequence[Passage]:
        self.queries.append(query)
        return [Passage(f"page-{number}.md", "What to do", "Start workers.", 1 / number) for number in range(1, 9)]


@attrs.define
class Ear:
    """A notifier that listens from some attempt on."""

    key: str = "ear"
    deaf: int = 0
    heard: list[StateChange] = attrs.field(factory=list)
    attempts: int = 0

    async def notify(self, change: StateChange) -> None:
        self.attempts += 1
        if self.attempts <= self.deaf:
            raise ConnectionError("nobody answers")
        self.heard.append(change)


@contextlib.asynccontextmanager
async def assessing(client: Client, store: AssessmentStore, around: Surroundings) -> AsyncIterator[str]:
    """A worker that assesses; yields its task queue."""
    queue = f"test-{uuid.uuid4().hex[:8]}"
    worker = make_worker(
        client,
        ClusterActivities(FakeObserver(ruleset()), store),
        cycles=[30.0],
        task_queue=queue,
        assessing=AssessmentActivities(store, around),
    )
    async with worker:
        yield queue


def order_for(recorded: tuple[Receipt, StatusDocument], *, change: bool = True, cluster: str = "test") -> AssessOrder:
    """The order for a decision, told to notifiers or not."""
    receipt, status = recorded
    decision = receipt.decision
    told = StateChange(
        decision.at, cluster, decision.before, decision.state, decision.cause.name, status.reason, str(receipt.id)
    )
    return AssessOrder(cluster, Trigger.STATE_CHANGE, str(receipt.id), change=told if change else None)
