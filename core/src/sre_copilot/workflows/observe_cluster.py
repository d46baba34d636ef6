"""One cluster, watched for as long as it is in the settings."""

from __future__ import annotations

import attrs
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from whenever import Instant, TimeDelta

from sre_copilot.health.decide import Engine
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows import cadence
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.adoption import refuse_unusable, with_rules
from sre_copilot.workflows.blindness import blind_observation
from sre_copilot.workflows.messages import (
    ObserveInput,
    ObserveOrder,
    ObserverStatus,
    RecordOrder,
    RecordOutcome,
)
from sre_copilot.workflows.parcels import still_needed, within_bound

ONCE = RetryPolicy(maximum_attempts=1)
"""The next cycle is the next attempt."""


@workflow.defn(name="ObserveClusterWorkflow")
class ObserveClusterWorkflow:
    """Every cycle: wait, observe, decide, record.

    Which commands it makes depends on time and on updates, never on a decision, and what it goes on from is
    what ``record_decision`` returned. So a history can be replayed under other rules, or by another engine:
    the decisions are then computed anew and thrown away.
    """

    @workflow.init
    def __init__(self, start: ObserveInput) -> None:
        self._due = start.anchor or _now() - TimeDelta(seconds=start.cycle - cadence.FIRST)
        self._going_on = start
        self._engine = Engine.of(start.ruleset)
        self._pending: Engine | None = None

    @workflow.run
    async def run(self, start: ObserveInput) -> None:
        """Observe until the run's history is long enough, then go on as a new run."""
        for _ in range(start.cycles_per_run):
            await self._wait()
            self._adopt()
            await self._cycle()
            if workflow.info().is_continue_as_new_suggested():
                break
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self.handoff())

    @workflow.update
    def adopt_rules(self, ruleset: Ruleset) -> str:
        """Decide with ``ruleset`` from the next cycle on. Returns its digest."""
        self._pending = Engine.of(ruleset)
        return self._pending.digest

    @adopt_rules.validator
    def _check_rules(self, ruleset: Ruleset) -> None:
        refuse_unusable(ruleset)

    @workflow.query
    def status(self) -> ObserverStatus:
        """How this workflow is doing."""
        return ObserverStatus(
            cluster=self._going_on.cluster,
            cycle=self._going_on.cycle,
            memory=self._going_on.memory,
            ruleset=self._engine.digest,
            pending=self._pending.digest if self._pending else None,
            queued=len(self._going_on.queue),
            dropped=self._going_on.dropped,
        )

    @workflow.query
    def handoff(self) -> ObserveInput:
        """What another run would have to start with to go on from here."""
        state = attrs.evolve(self._going_on, anchor=self._due)
        return state if self._pending is None else with_rules(state, self._pending.ruleset)

    async def _wait(self) -> None:
        # Timers fire up to some hundredths of a second before their time: that must not repeat a cycle.
        due = cadence.next_due(self._due, self._going_on.cycle, max(_now(), self._due))
        await workflow.sleep(max(0.001, (due - _now()).total("seconds")))
        self._due = due

    def _adopt(self) -> None:
        if self._pending is None:
            return
        self._going_on = with_rules(self._going_on, self._pending.ruleset)
        self._engine, self._pending = self._pending, None

    async def _cycle(self) -> None:
        before = self._going_on
        observation = await self._observe()
        decision = self._engine.decide(before.memory, observation)
        outcome = await self._record(Receipt(observation, before.memory, decision))
        self._going_on = before_next(before, outcome)

    async def _observe(self) -> Observation:
        state, at = self._going_on, _now()
        signals = tuple(rule.key for rule in state.ruleset.signals)
        deadline = cadence.observation_deadline(state.cycle)
        try:
            return await workflow.execute_local_activity_method(
                ClusterActivities.observe,
                ObserveOrder(state.cluster, at, signals, deadline, self._engine.limits(state.memory)),
                schedule_to_close_timeout=TimeDelta(seconds=deadline + cadence.SPARE).to_stdlib(),
                retry_policy=ONCE,
            )
        except ActivityError as failure:
            pass_cancellation_on(failure)
            return blind_observation(state.cluster, at, signals, f"The observation did not return: {failure.cause}.")

    async def _record(self, receipt: Receipt) -> RecordOutcome | None:
        state = self._going_on
        deadline = cadence.recording_deadline(state.cycle)
        order = RecordOrder(receipt, state.queue, state.ruleset, state.earlier, state.cycle, deadline, state.dropped)
        try:
            return await workflow.execute_local_activity_method(
                ClusterActivities.record,
                order,
                schedule_to_close_timeout=TimeDelta(seconds=deadline + cadence.SPARE).to_stdlib(),
                retry_policy=ONCE,
            )
        except ActivityError as failure:
            pass_cancellation_on(failure)
            return None


def before_next(state: ObserveInput, outcome: RecordOutcome | None) -> ObserveInput:
    """What the next cycle goes on from.

    Without an outcome nothing of this cycle's decision is in history, so nothing of it may be remembered: it
    is lost, and counted.
    """
    if outcome is None:
        return attrs.evolve(state, dropped=state.dropped + 1)
    waiting = state.queue[outcome.settled :]
    if outcome.unrecorded is not None:
        waiting = (*waiting, outcome.unrecorded)
    queue = within_bound(waiting)
    return attrs.evolve(
        state,
        memory=outcome.memory,
        queue=queue,
        dropped=state.dropped + outcome.rejected + len(waiting) - len(queue),
        earlier=still_needed(state.earlier, queue),
    )


def pass_cancellation_on(failure: ActivityError) -> None:
    """A cancelled workflow ends; an activity that a stopping worker cancelled ends nothing."""
    if workflow.cancellation_reason() is not None:
        raise failure


def _now() -> Instant:
    return Instant(workflow.now())
