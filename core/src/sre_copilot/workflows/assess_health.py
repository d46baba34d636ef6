"""One decision, explained with everything around it, kept, and told."""

from __future__ import annotations

import attrs
from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, ChildWorkflowError, WorkflowAlreadyStartedError
from whenever import Instant, TimeDelta

from sre_copilot.explain.assessment import Assessment
from sre_copilot.explain.rows import action_rows, explanation_row
from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows.assessment_activities import AssessmentActivities
from sre_copilot.workflows.assessment_messages import (
    Answer,
    AssessOrder,
    AssessOutcome,
    Material,
    NotifyOrder,
)
from sre_copilot.workflows.notify import NOTIFY_PREFIX, NotifyWorkflow

ONCE = RetryPolicy(maximum_attempts=1)
BRIEFLY = RetryPolicy(initial_interval=TimeDelta(milliseconds=200).to_stdlib(), backoff_coefficient=2.0)
"""As often as fits into the time of the activity."""
_GATHERING, _EXPLAINING, _STORING = (
    TimeDelta(seconds=seconds).to_stdlib() for seconds in (messages.GATHERING, messages.EXPLAINING, messages.STORING)
)


@workflow.defn(name="AssessHealthWorkflow")
class AssessHealthWorkflow:
    """Gather, explain, keep, tell. It evaluates nothing: the decision is taken as it was stored.

    Every step has an end of its own, and the rules' words stand in for whatever did not come in time, so that
    the whole ends within :data:`~sre_copilot.workflows.assessment_messages.WHOLE`.
    """

    @workflow.run
    async def run(self, order: AssessOrder) -> AssessOutcome:
        """Assess, and tell whoever is to be told, with or without an assessment."""
        assessed, outcome = await self._assess(order)
        await self._tell(order, assessed)
        return outcome

    async def _assess(self, order: AssessOrder) -> tuple[Answer | None, AssessOutcome]:
        try:
            material = await self._gather(order)
        except ActivityError as failure:
            _pass_cancellation_on(failure)
            return None, AssessOutcome(order.id, says=f"The decision could not be read: {_root(failure)}")
        if material is None:
            return None, AssessOutcome(order.id, says="There is no such decision.")
        answer = await self._explain(material)
        assessment = _assessment(order, material, answer, _now())
        try:
            await self._keep(assessment)
        except ActivityError as failure:
            _pass_cancellation_on(failure)
            says = f"The assessment could not be kept: {_root(failure)}"
            return answer, AssessOutcome(order.id, answer.explanation.explained_by, says=says)
        return answer, AssessOutcome(order.id, answer.explanation.explained_by, stored=True)

    async def _gather(self, order: AssessOrder) -> Material | None:
        gathered = await workflow.execute_activity_method(
            AssessmentActivities.gather,
            order,
            schedule_to_close_timeout=_GATHERING,
            retry_policy=BRIEFLY,
        )
        return gathered.material

    async def _explain(self, material: Material) -> Answer:
        own = Answer(material.explanation)
        if not material.is_worth_a_model:
            return own
        if material.no_model:
            return _noted(own, material.no_model)
        try:
            if material.asking is not None:
                return await self._converse(material)
            return await workflow.execute_activity_method(
                AssessmentActivities.explain,
                material,
                schedule_to_close_timeout=_EXPLAINING,
                retry_policy=ONCE,
            )
        except (ActivityError, ChildWorkflowError) as failure:
            _pass_cancellation_on(failure)
            return _noted(own, f"No model was heard: {_root(failure)}")

    async def _converse(self, material: Material) -> Answer:
        """Ask the agents, in a workflow of its own: only workers with a model can carry it out."""
        answer: Answer = await workflow.execute_child_workflow(
            messages.WORDING_WORKFLOW,
            material,
            result_type=Answer,
            id=f"{workflow.info().workflow_id}-words",
            execution_timeout=_EXPLAINING,
            retry_policy=ONCE,
        )
        return answer

    async def _keep(self, assessment: Assessment) -> None:
        await workflow.execute_activity_method(
            AssessmentActivities.keep,
            assessment,
            schedule_to_close_timeout=_STORING,
            retry_policy=BRIEFLY,
        )

    async def _tell(self, order: AssessOrder, assessed: Answer | None) -> None:
        """Start what tells: it may take an hour to reach somebody, and this must end before."""
        if order.change is None:
            return
        explanation = assessed.explanation if assessed is not None else None
        try:
            await workflow.start_child_workflow(
                NotifyWorkflow.run,
                NotifyOrder(attrs.evolve(order.change, explanation=explanation)),
                id=NOTIFY_PREFIX + order.change.decision_id,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("State change %s is told already.", order.change.decision_id)


def _assessment(order: AssessOrder, material: Material, answer: Answer, at: Instant) -> Assessment:
    return Assessment(
        id=order.id,
        cluster=order.cluster,
        at=at,
        decision=material.decision,
        trigger=order.trigger.value,
        state=material.state,
        cause=material.cause,
        explanation=explanation_row(answer.explanation),
        actions=action_rows(answer.explanation),
        issues=material.issues,
        passages=material.passages,
        factors=answer.factors,
        withheld=answer.withheld,
        calls=answer.calls,
        subject=order.subject,
    )


def _noted(answer: Answer, note: str) -> Answer:
    return attrs.evolve(answer, explanation=attrs.evolve(answer.explanation, note=note))


def _root(failure: BaseException) -> str:
    """What was wrong at the bottom of a chain of failures."""
    found: BaseException = failure
    while found.__cause__ is not None:
        found = found.__cause__
    return getattr(found, "message", "") or str(found)


def _pass_cancellation_on(failure: BaseException) -> None:
    if workflow.cancellation_reason() is not None:
        raise failure


def _now() -> Instant:
    return Instant(workflow.now())
