"""One workflow for each cluster of the settings, with the rules and the rhythm the settings ask for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

import attrs
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode
from whenever import Instant, TimeDelta

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.encoding import digest
from sre_copilot.health.memory import FORGOTTEN_AFTER, Memory
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.store.rows import KnownCluster
from sre_copilot.workflows.adoption import with_rules
from sre_copilot.workflows.cadence import FIRST, task_timeout
from sre_copilot.workflows.messages import TASK_QUEUE, ObserveInput, ObserverStatus
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.schedules import Rhythm, ensure_schedule, remove_schedules
from sre_copilot.workflows.watches import Watch
from sre_copilot_hookspecs import CopilotError

log = logging.getLogger(__name__)

PREFIX = "sre-copilot-observe-"
ANSWER = 10.0
"""Seconds a running workflow has to answer a question: the longest cycle in work, and some more."""
PATIENCE = 6
"""Refusals after which a workflow is replaced: no worker of this version can go on with it."""
PAUSE = 2.0
"""Seconds between attempts; doubles up to :data:`LONGEST_PAUSE`."""
LONGEST_PAUSE = 60.0

Handle = WorkflowHandle[ObserveClusterWorkflow, None]


class Remembering(Protocol):
    """What the store knows about clusters."""

    async def last_memory(self, cluster: str) -> Memory | None:
        """What the newest decision handed to the next one."""

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        """The status of the newest decision."""

    async def register_cluster(self, name: str, cycle_seconds: float) -> None:
        """Note that a cluster is observed."""

    async def remove_cluster(self, name: str) -> None:
        """Note that a cluster is not observed any more."""

    async def clusters(self) -> tuple[KnownCluster, ...]:
        """Every cluster that is or was observed."""


class Supervisor:
    """Brings what runs in line with the settings. Every step may be repeated, by any worker, at any time."""

    def __init__(
        self, client: Client, store: Remembering, *, task_queue: str = TASK_QUEUE, rhythm: Rhythm | None = None
    ) -> None:
        """A supervisor of everything on one task queue.

        :param rhythm: how often clusters are assessed although nothing changes; ``None`` leaves schedules alone.
        """
        self._client = client
        self._store = store
        self._task_queue = task_queue
        self._rhythm = rhythm

    async def tend(self, watches: Sequence[Watch]) -> None:
        """Return once everything is as the settings want it; try again until it is.

        A worker must be running, since workflows are asked and told.
        """
        steps: list[Step] = [
            *(
                (f"Watching cluster {watch.cluster}", partial(self.ensure, watch, share=number / len(watches)))
                for number, watch in enumerate(watches)
            ),
            *((f"Registering cluster {watch.cluster}", partial(self._register, watch)) for watch in watches),
            ("Ending what is not in the settings any more", partial(self.end_others, watches)),
            ("Scheduling assessments", partial(self.schedule, watches)),
        ]
        await until_done(steps)

    async def ensure(self, watch: Watch, *, share: float = 0.0) -> None:
        """Start the cluster's workflow, or bring the running one in line.

        :param share: the part of a cycle after which a new workflow's first one is due. Cycles of many
            clusters should not all begin at once.
        :raises TemporalError: if the server or the workflow does not answer.
        """
        fresh = ObserveInput(
            watch.cluster,
            watch.cycle,
            watch.ruleset,
            memory=await self._remembered(watch),
            anchor=Instant.now() + TimeDelta(seconds=FIRST + watch.cycle * (share - 1)),
        )
        handle = await self._start(fresh)
        status = await self._status(handle)
        if status is None:
            log.warning("The workflow of cluster %s cannot go on and is replaced.", watch.cluster)
            await self._replace(handle, fresh)
        elif status.cycle != watch.cycle:
            state: ObserveInput = await handle.query(ObserveClusterWorkflow.handoff, rpc_timeout=_ANSWER)
            await self._replace(handle, attrs.evolve(with_rules(state, watch.ruleset), cycle=watch.cycle))
        elif (status.pending or status.ruleset) != digest(watch.ruleset):
            await handle.execute_update(ObserveClusterWorkflow.adopt_rules, watch.ruleset, rpc_timeout=_ANSWER)

    async def end_others(self, watches: Sequence[Watch]) -> None:
        """End the workflows of clusters that are not among ``watches``, and say so in the store.

        :raises TemporalError: if the server does not answer.
        :raises CopilotError: if the store does not.
        """
        wanted = {PREFIX + watch.cluster for watch in watches}
        running = self._client.list_workflows(
            f"WorkflowType = 'ObserveClusterWorkflow' AND ExecutionStatus = 'Running'"
            f" AND TaskQueue = '{self._task_queue}'"
        )
        async for execution in running:
            if execution.id.startswith(PREFIX) and execution.id not in wanted:
                log.info("%s is not in the settings any more.", execution.id.removeprefix(PREFIX))
                await end(self._client.get_workflow_handle(execution.id))
        for known in await self._store.clusters():
            if known.removed_at is None and PREFIX + known.name not in wanted:
                await self._store.remove_cluster(known.name)

    async def schedule(self, watches: Sequence[Watch]) -> None:
        """One schedule of assessments for each cluster, and none for any other.

        :raises TemporalError: if the server does not answer.
        """
        if self._rhythm is None:
            return
        scheduled = [watch.cluster for watch in watches] if self._rhythm.every > 0 else []
        for cluster in scheduled:
            await ensure_schedule(self._client, cluster, self._rhythm, task_queue=self._task_queue)
        await remove_schedules(self._client, scheduled, task_queue=self._task_queue)

    async def _register(self, watch: Watch) -> None:
        await self._store.register_cluster(watch.cluster, watch.cycle)

    async def _remembered(self, watch: Watch) -> Memory:
        """The memory to start with where no workflow runs, such as after the loss of Temporal's own data."""
        try:
            status = await self._store.latest_status(watch.cluster)
            memory = await self._store.last_memory(watch.cluster)
        except CopilotError as refusal:
            log.warning("Nothing is remembered of cluster %s: %s", watch.cluster, refusal)
            return Memory()
        if status is None or memory is None or Instant.now() - status.observed_at > FORGOTTEN_AFTER:
            return Memory()
        return memory

    async def _start(self, state: ObserveInput) -> Handle:
        return await self._client.start_workflow(
            ObserveClusterWorkflow.run,
            state,
            id=PREFIX + state.cluster,
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=TimeDelta(seconds=task_timeout(state.cycle)).to_stdlib(),
        )

    async def _status(self, handle: Handle) -> ObserverStatus | None:
        """What the workflow says of itself; ``None`` if no worker can make it speak.

        :raises TemporalError: if there is no answer in time: that may be load, and no reason to lose state.
        """
        for attempt in range(PATIENCE):
            if attempt:
                await asyncio.sleep(PAUSE)
            try:
                return await handle.query(ObserveClusterWorkflow.status, rpc_timeout=_ANSWER)
            except WorkflowQueryFailedError as failure:
                log.debug("%s cannot answer: %s", handle.id, failure)
            except RPCError as failure:
                if failure.status is not RPCStatusCode.FAILED_PRECONDITION:
                    raise
                log.debug("%s cannot answer: %s", handle.id, failure)
        return None

    async def _replace(self, handle: Handle, state: ObserveInput) -> None:
        await handle.terminate("sre-copilot: replaced")
        await self._start(state)


_ANSWER = TimeDelta(seconds=ANSWER).to_stdlib()


Step = tuple[str, Callable[[], Awaitable[None]]]
"""What is done, as a sentence begins, and how."""


async def until_done(steps: Sequence[Step]) -> None:
    """Return once every step went well; try the others again until then."""
    pause = PAUSE
    while True:
        done = await asyncio.gather(*(_attempt(what, step) for what, step in steps))
        steps = [step for step, well in zip(steps, done, strict=True) if not well]
        if not steps:
            return
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def hand_over(client: Client, cluster: str, ruleset: Ruleset) -> str:
    """Have a cluster's workflow decide with ``ruleset`` from its next cycle on.

    :return: the digest of the rules that it decides with, or was about to, until then.
    :raises WorkflowUpdateFailedError: if it refuses them; its own stay.
    :raises TemporalError: if there is no such workflow, or it does not answer.
    """
    handle: Handle = client.get_workflow_handle(PREFIX + cluster)
    status: ObserverStatus = await handle.query(ObserveClusterWorkflow.status, rpc_timeout=_ANSWER)
    before = status.pending or status.ruleset
    if before != digest(ruleset):
        await handle.execute_update(ObserveClusterWorkflow.adopt_rules, ruleset, rpc_timeout=_ANSWER)
    return before


async def _attempt(what: str, step: Callable[[], Awaitable[None]]) -> bool:
    try:
        await step()
    except (TemporalError, CopilotError) as failure:
        log.warning("%s is tried again: %s", what, failure)
        return False
    except Exception:
        log.exception("%s is tried again.", what)
        return False
    return True


async def end(handle: WorkflowHandle[Any, Any]) -> None:
    """End a workflow after the cycle in work, so that nothing is recorded afterwards; or at once, in need."""
    await handle.cancel()
    try:
        async with asyncio.timeout(ANSWER):
            await handle.result()
    except WorkflowFailureError:
        return
    except TimeoutError:
        await handle.terminate("sre-copilot: not in the settings any more")
