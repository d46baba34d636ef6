"""Starting an assessment, once however often it is asked for."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError
from whenever import Instant, TimeDelta

from sre_copilot.explain.assessment import Trigger
from sre_copilot.explain.evidence import log_id
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.receipt import Receipt
from sre_copilot.workflows.assessment_messages import AssessOrder
from sre_copilot.workflows.messages import TASK_QUEUE
from sre_copilot_hookspecs import CopilotError, StateChange

ASSESS_PREFIX = "sre-copilot-assess-"
WORKFLOW = "AssessHealthWorkflow"
"""By name: the activity that starts it is imported by workflows that it imports."""
ANSWER = TimeDelta(seconds=2).to_stdlib()


class NotStarted(CopilotError):
    """Temporal did not take an assessment; it may be asked for again."""


def workflow_id(order: AssessOrder) -> str:
    """The id of an order's workflow; equal orders have one."""
    return f"{ASSESS_PREFIX}{order.cluster}-{order.id}"


def transition_order(receipt: Receipt, status: StatusDocument) -> AssessOrder | None:
    """The order for a decision that changed the state; ``None`` for any other.

    :param status: what readers are shown of the decision.
    """
    decision = receipt.decision
    if not decision.changed:
        return None
    change = StateChange(
        decision.at,
        decision.cluster,
        decision.before,
        decision.state,
        decision.cause.name,
        status.reason,
        str(receipt.id),
    )
    return AssessOrder(decision.cluster, Trigger.STATE_CHANGE, str(receipt.id), change=change)


def log_pattern_order(cluster: str, pattern: str, seen_at: Instant, *, decision: str = "") -> AssessOrder:
    """The order for a severe log pattern.

    :param pattern: key of the pattern.
    :param seen_at: when its rise was noticed; the same rise must give the same instant.
    :param decision: id of the decision that it accompanies; the newest if empty.
    """
    return AssessOrder(cluster, Trigger.LOG_PATTERN, decision, subject=log_id(pattern), occasion=seen_at.format_iso())


async def start_assessment(client: Client, order: AssessOrder, *, task_queue: str = TASK_QUEUE) -> bool:
    """Start the assessment of an order.

    :return: whether it was started now; an order that was given before is not carried out again.
    :raises NotStarted: if Temporal does not answer.
    """
    try:
        await client.start_workflow(
            WORKFLOW,
            order,
            id=workflow_id(order),
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            rpc_timeout=ANSWER,
        )
    except WorkflowAlreadyStartedError:
        return False
    except RPCError as failure:
        raise NotStarted(f"The assessment of cluster {order.cluster} could not be started: {failure}") from failure
    return True


class AssessmentStarter:
    """Starts assessments for activities that have no client of their own."""

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, order: AssessOrder) -> bool:
        """As :func:`start_assessment`."""
        return await start_assessment(self._client, order, task_queue=self._task_queue)
