"""An assessment every few minutes, unless there was one lately."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from whenever import Instant, TimeDelta

from sre_copilot.explain.assessment import Trigger
from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import AssessmentActivities
from sre_copilot.workflows.assessment_messages import AssessOrder, DueOrder, ScheduledOrder
from sre_copilot.workflows.assessment_start import workflow_id


@workflow.defn(name="ScheduledAssessmentWorkflow")
class ScheduledAssessmentWorkflow:
    """Asks whether an assessment is due, and starts it. It has no view of the state: the observer's is taken."""

    @workflow.run
    async def run(self, order: ScheduledOrder) -> str:
        """Returns the id of the decision that is assessed, or nothing."""
        decision = await workflow.execute_activity_method(
            AssessmentActivities.due,
            DueOrder(order.cluster, order.window, Instant(workflow.now())),
            schedule_to_close_timeout=TimeDelta(seconds=messages.GATHERING).to_stdlib(),
            # The next one comes by itself.
            retry_policy=RetryPolicy(maximum_attempts=2),
        )
        if not decision:
            return ""
        wanted = AssessOrder(order.cluster, Trigger.SCHEDULE, decision)
        try:
            await workflow.start_child_workflow(
                AssessHealthWorkflow.run,
                wanted,
                id=workflow_id(wanted),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            return ""
        return decision
