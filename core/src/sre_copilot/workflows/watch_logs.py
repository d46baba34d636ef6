"""The log of one cluster, read for as long as the cluster is in the settings."""

from __future__ import annotations

import attrs
from temporalio import workflow
from temporalio.exceptions import ActivityError
from whenever import Instant, TimeDelta

from sre_copilot.workflows import cadence
from sre_copilot.workflows.log_activities import LogActivities
from sre_copilot.workflows.log_messages import LogState, LogWatcherStatus, ReadLogsOrder, WatchLogsInput
from sre_copilot.workflows.observe_cluster import ONCE, pass_cancellation_on


@workflow.defn(name="LogWatcherWorkflow")
class LogWatcherWorkflow:
    """Every cycle: wait, read what was written since the last reading.

    Which commands it makes depends on time alone, so another version's parsers can replay a history.
    """

    @workflow.init
    def __init__(self, start: WatchLogsInput) -> None:
        first = TimeDelta(seconds=start.cycle - cadence.FIRST)
        self._due = start.anchor or _now() - first
        self._input = start
        self._state = start.state or LogState(since=self._due)

    @workflow.run
    async def run(self, start: WatchLogsInput) -> None:
        """Read until the run's history is long enough, then go on as a new run."""
        for _ in range(start.cycles_per_run):
            await self._wait()
            await self._read()
            if workflow.info().is_continue_as_new_suggested():
                break
        workflow.continue_as_new(attrs.evolve(start, state=self._state, anchor=self._due))

    @workflow.query
    def status(self) -> LogWatcherStatus:
        """How this workflow is doing."""
        return LogWatcherStatus(self._input.cluster, self._input.cycle, self._state)

    async def _wait(self) -> None:
        # Timers fire up to some hundredths of a second before their time: that must not repeat a cycle.
        due = cadence.next_due(self._due, self._input.cycle, max(_now(), self._due))
        await workflow.sleep(max(0.001, (due - _now()).total("seconds")))
        self._due = due

    async def _read(self) -> None:
        deadline = cadence.reading_deadline(self._input.cycle)
        try:
            outcome = await workflow.execute_local_activity_method(
                LogActivities.read,
                ReadLogsOrder(self._input.cluster, _now(), self._state, deadline),
                schedule_to_close_timeout=TimeDelta(seconds=deadline + cadence.SPARE).to_stdlib(),
                retry_policy=ONCE,
            )
        except ActivityError as failure:
            # Nothing was handed back, so the next reading begins where this one did.
            pass_cancellation_on(failure)
        else:
            self._state = outcome.state


def _now() -> Instant:
    return Instant(workflow.now())
