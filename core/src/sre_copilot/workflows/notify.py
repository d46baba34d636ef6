"""Telling everybody of one state change, at least once."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError
from whenever import TimeDelta

from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows.assessment_activities import AssessmentActivities
from sre_copilot.workflows.assessment_messages import NotifyOrder, TellOrder

NOTIFY_PREFIX = "sre-copilot-notify-"
AGAIN = RetryPolicy(
    initial_interval=TimeDelta(seconds=1).to_stdlib(),
    backoff_coefficient=2.0,
    maximum_interval=TimeDelta(minutes=1).to_stdlib(),
)


@workflow.defn(name="NotifyWorkflow")
class NotifyWorkflow:
    """One activity for each notifier, tried again by Temporal until the notifier takes it or its time is over."""

    @workflow.run
    async def run(self, order: NotifyOrder) -> list[str]:
        """Tell everybody. Returns the keys of those who could not be told."""
        keys = await workflow.execute_activity_method(
            AssessmentActivities.notifiers,
            start_to_close_timeout=TimeDelta(seconds=messages.TELLING).to_stdlib(),
            schedule_to_close_timeout=TimeDelta(seconds=messages.TELLING_IN_ALL).to_stdlib(),
        )
        told = await asyncio.gather(*(self._tell(TellOrder(key, order.change)) for key in keys))
        return [key for key, well in zip(keys, told, strict=True) if not well]

    async def _tell(self, order: TellOrder) -> bool:
        try:
            await workflow.execute_activity_method(
                AssessmentActivities.tell,
                order,
                start_to_close_timeout=TimeDelta(seconds=messages.TELLING + 5).to_stdlib(),
                schedule_to_close_timeout=TimeDelta(seconds=messages.TELLING_IN_ALL).to_stdlib(),
                retry_policy=AGAIN,
            )
        except ActivityError as failure:
            if workflow.cancellation_reason() is not None:
                raise
            workflow.logger.warning("%s was not told: %s", order.notifier, failure.cause)
            return False
        return True
