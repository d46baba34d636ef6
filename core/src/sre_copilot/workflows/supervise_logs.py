"""One log watcher for each cluster whose log some source is configured for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from whenever import TimeDelta

from sre_copilot.workflows.cadence import task_timeout
from sre_copilot.workflows.log_messages import LogWatcherStatus, WatchLogsInput
from sre_copilot.workflows.messages import TASK_QUEUE
from sre_copilot.workflows.supervise import ANSWER, end, until_done
from sre_copilot.workflows.watch_logs import LogWatcherWorkflow

PREFIX = "sre-copilot-logs-"

Handle = WorkflowHandle[LogWatcherWorkflow, None]


class LogSupervisor:
    """Brings the log watchers in line with the settings. Every step may be repeated, by any worker."""

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self._client = client
        self._task_queue = task_queue

    async def tend(self, cycles: Mapping[str, float]) -> None:
        """Return once everything is as the settings want it; try again until it is.

        :param cycles: seconds between two readings, by cluster. Watchers of other clusters are ended.
        """
        ensured = [
            (f"Reading the log of cluster {name}", partial(self.ensure, name, cycle)) for name, cycle in cycles.items()
        ]
        await until_done([*ensured, ("Ending the reading of other logs", partial(self.end_others, cycles))])

    async def ensure(self, cluster: str, cycle: float) -> None:
        """Start the cluster's watcher, or let the running one go on with another cycle.

        :raises TemporalError: if the server or the workflow does not answer.
        """
        handle = await self._start(WatchLogsInput(cluster, cycle))
        status: LogWatcherStatus = await handle.query(LogWatcherWorkflow.status, rpc_timeout=_ANSWER)
        if status.cycle != cycle:
            await handle.terminate("sre-copilot: replaced")
            await self._start(WatchLogsInput(cluster, cycle, status.state))

    async def end_others(self, cycles: Mapping[str, float]) -> None:
        """End the watchers of clusters that are not to be read.

        :raises TemporalError: if the server does not answer.
        """
        wanted = {PREFIX + name for name in cycles}
        running = self._client.list_workflows(
            f"WorkflowType = 'LogWatcherWorkflow' AND ExecutionStatus = 'Running' AND TaskQueue = '{self._task_queue}'"
        )
        async for execution in running:
            if execution.id.startswith(PREFIX) and execution.id not in wanted:
                await end(self._client.get_workflow_handle(execution.id))

    async def _start(self, state: WatchLogsInput) -> Handle:
        return await self._client.start_workflow(
            LogWatcherWorkflow.run,
            state,
            id=PREFIX + state.cluster,
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            task_timeout=TimeDelta(seconds=task_timeout(state.cycle)).to_stdlib(),
        )


_ANSWER = TimeDelta(seconds=ANSWER).to_stdlib()
