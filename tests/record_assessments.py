"""Records the histories of assessments that every change must replay: ``python -m tests.record_assessments``."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.client import Client, WorkflowHistory

from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import Surroundings
from sre_copilot.workflows.assessment_messages import ScheduledOrder
from sre_copilot.workflows.assessment_start import start_assessment, workflow_id
from sre_copilot.workflows.notify import NOTIFY_PREFIX
from sre_copilot.workflows.scheduled_assessment import ScheduledAssessmentWorkflow
from tests.assessment_fakes import (
    CRITICAL,
    HAPPY,
    AssessmentStore,
    Ear,
    Model,
    Shelf,
    assessing,
    in_other_words,
    order_for,
)
from tests.workflow_fakes import server, until

FOLDER = Path(__file__).parent / "data" / "histories"
PREFIX = "assessment_"


async def _assessed(
    client: Client, store: AssessmentStore, around: Surroundings, *, happy: bool = False
) -> WorkflowHistory:
    order = order_for((HAPPY if happy else CRITICAL)[-1])
    async with assessing(client, store, around) as queue:
        await start_assessment(client, order, task_queue=queue)
        handle = client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order))
        await handle.result()
        return await handle.fetch_history()


async def quiet(client: Client) -> WorkflowHistory:
    """A happy cluster: no model is asked."""
    return await _assessed(client, AssessmentStore(HAPPY), Surroundings(retrievers=(Shelf(),)), happy=True)


async def worded(client: Client) -> WorkflowHistory:
    """A critical cluster, told in a model's words."""
    return await _assessed(client, AssessmentStore(CRITICAL), Surroundings(explainers=(Model(in_other_words),)))


async def store_down(client: Client) -> WorkflowHistory:
    """Nothing can be read."""
    store = AssessmentStore(CRITICAL)
    store.down = True
    return await _assessed(client, store, Surroundings())


async def told(client: Client) -> WorkflowHistory:
    """Two notifiers, one of which needs a second attempt."""
    order, ears = order_for(CRITICAL[-1]), (Ear("quick"), Ear("slow", deaf=1))
    assert order.change is not None
    async with assessing(client, AssessmentStore(CRITICAL), Surroundings(notifiers=ears)) as queue:
        await start_assessment(client, order, task_queue=queue)
        await until(lambda: all(ear.heard for ear in ears))
        handle = client.get_workflow_handle(NOTIFY_PREFIX + order.change.decision_id)
        await handle.result()
        return await handle.fetch_history()


async def scheduled(client: Client) -> WorkflowHistory:
    """An assessment that is due."""
    async with assessing(client, AssessmentStore(CRITICAL), Surroundings()) as queue:
        handle = await client.start_workflow(
            ScheduledAssessmentWorkflow.run, ScheduledOrder("test", 240.0), id="scheduled", task_queue=queue
        )
        await handle.result()
        return await handle.fetch_history()


SCENARIOS: tuple[Callable[[Client], Awaitable[WorkflowHistory]], ...] = (quiet, worded, store_down, told, scheduled)


async def record() -> None:
    """Run every scenario on a server of its own and write down what happened."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        async with server() as environment:
            history = await scenario(environment.client)
        file = FOLDER / f"{PREFIX}{scenario.__name__}.json.gz"
        file.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))


if __name__ == "__main__":
    asyncio.run(record())
