"""Records the histories that every change of the workflows must replay: ``python -m tests.record_histories``.

Replay compares with what ran once, so a history is recorded again only when its workflow may break with the
past: when no running workflow can have it any more.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.client import Client, WorkflowHistory

from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from tests.workflow_fakes import FakeObserver, FakeStore, observing, ruleset, server, until

FOLDER = Path(__file__).parent / "data" / "histories"

AGES = (1.0, 1.0, 30.0, 100.0, 100.0, 100.0, 100.0, 30.0, 1.0)
"""From happy through stressed to critical, and on the way back."""


def observer(queues: int = 3) -> FakeObserver:
    """One whose cluster goes from happy to critical."""
    return FakeObserver(ruleset(queues=queues), lambda count: AGES[min(count, len(AGES) - 1)])


async def steady(client: Client) -> list[WorkflowHistory]:
    """A cluster that becomes critical, and a store that takes everything."""
    store = FakeStore()
    async with observing(client, observer(), store) as handle:
        await until(lambda: len(store.kept) >= 8)
        return [await handle.fetch_history()]


async def outage(client: Client) -> list[WorkflowHistory]:
    """A store that is down for some cycles, and other rules meanwhile."""
    store = FakeStore()
    store.outage = lambda attempt: 1 <= attempt < 5
    async with observing(client, observer(), store) as handle:
        await until(lambda: store.attempts >= 3)
        await handle.execute_update(ObserveClusterWorkflow.adopt_rules, ruleset(critical=20))
        await until(lambda: len(store.kept) >= 7)
        return [await handle.fetch_history()]


async def continued(client: Client) -> list[WorkflowHistory]:
    """A run, and the one it continues as, with decisions that still wait."""
    seeing, store = observer(), FakeStore()
    store.outage = lambda attempt: 2 <= attempt < 5
    start = ObserveInput("prod", 1.0, seeing.rules, cycles_per_run=4)
    async with observing(client, seeing, store, start=start) as handle:
        await until(lambda: len(store.kept) >= 7)
        runs = [handle.first_execution_run_id, (await handle.describe()).run_id]
        handles = [client.get_workflow_handle(handle.id, run_id=run) for run in runs]
        return [await run.fetch_history() for run in handles]


async def blind(client: Client) -> list[WorkflowHistory]:
    """An observer that fails for some cycles."""
    seeing, store = observer(), FakeStore()
    async with observing(client, seeing, store) as handle:
        await until(lambda: len(store.kept) >= 2)
        seeing.breaks = RuntimeError("out of file descriptors")
        await until(lambda: len(store.kept) >= 5)
        seeing.breaks = None
        await until(lambda: len(store.kept) >= 6)
        return [await handle.fetch_history()]


SCENARIOS: tuple[Callable[[Client], Awaitable[list[WorkflowHistory]]], ...] = (
    steady,
    outage,
    continued,
    blind,
)


async def record() -> None:
    """Run every scenario on a real server and write down what happened."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with server() as environment:
        recorded = await asyncio.gather(*(scenario(environment.client) for scenario in SCENARIOS))
    for scenario, histories in zip(SCENARIOS, recorded, strict=True):
        for number, history in enumerate(histories, 1):
            file = FOLDER / f"observe_cluster_{scenario.__name__}_{number}.json.gz"
            file.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))


if __name__ == "__main__":
    asyncio.run(record())
