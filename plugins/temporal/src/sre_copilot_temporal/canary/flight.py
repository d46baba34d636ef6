"""One canary: started, taken from its task queue, completed, each step by an ordinary request to the frontend.

No SDK worker is run for it. A worker keeps polling between cycles, holds threads, and waits for its polls when
it is stopped, a minute of them on a server that hangs. A single step needs nothing of that, and every request
here ends with the time it was given.
"""

from __future__ import annotations

import asyncio
import math
from uuid import uuid4

import attrs
from google.protobuf.duration_pb2 import Duration
from temporalio.api.command.v1 import Command, CompleteWorkflowExecutionCommandAttributes
from temporalio.api.common.v1 import WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import CommandType, WorkflowExecutionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    PollWorkflowTaskQueueRequest,
    PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest,
    StartWorkflowExecutionRequest,
)
from temporalio.client import Client
from whenever import TimeDelta

from sre_copilot_hookspecs import Missing, MissingReason
from sre_copilot_temporal.api.calls import Budget, CallFailed, ask
from sre_copilot_temporal.metrics import CANARY_QUEUE

_IDENTITY = CANARY_QUEUE
# Servers refuse to wait for less than two seconds. A poll that takes longer than our budget is cancelled by us.
_POLL = TimeDelta(seconds=10)
# What is kept of the time for looking whether another copilot completed our canary, as it may.
_FOR_LOOKING = 0.1
_DONE = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED


@attrs.frozen
class Flight:
    """Sends one canary through a cluster."""

    client: Client
    address: str
    budget: Budget

    async def round_trip(self) -> float:
        """Seconds from the start of a workflow to its end.

        :raises CallFailed: if it did not get there in time.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        name = f"{CANARY_QUEUE}-{uuid4()}"
        await self._start(name)
        try:
            await self._work(name)
        except CallFailed:
            if not await self._is_done(name):
                raise
        return clock() - began

    async def _start(self, name: str) -> None:
        # What is stuck ends by itself, whatever becomes of us.
        limit = Duration(seconds=max(1, math.ceil(self._left() + 1)))
        request = StartWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_id=name,
            workflow_type=WorkflowType(name=CANARY_QUEUE),
            task_queue=TaskQueue(name=CANARY_QUEUE),
            workflow_execution_timeout=limit,
            request_id=str(uuid4()),
            identity=_IDENTITY,
        )

        service = self.client.workflow_service
        await ask(
            self.address,
            "StartWorkflowExecution",
            self.budget,
            lambda timeout: service.start_workflow_execution(request, timeout=timeout),
        )

    async def _work(self, name: str) -> None:
        """Take workflow tasks and complete them until ours is among them.

        Those of other copilots are completed too, as theirs complete ours: they share the queue.
        """
        polling = attrs.evolve(self.budget, ends=self.budget.ends - self._left() * _FOR_LOOKING)
        while True:
            task = await self._poll(polling)
            if task.task_token:
                await self._complete(task.task_token)
            if task.workflow_execution.workflow_id == name:
                return

    async def _poll(self, budget: Budget) -> PollWorkflowTaskQueueResponse:
        request = PollWorkflowTaskQueueRequest(
            namespace=self.client.namespace, task_queue=TaskQueue(name=CANARY_QUEUE), identity=_IDENTITY
        )

        service, patient = self.client.workflow_service, _POLL.to_stdlib()
        return await ask(
            self.address,
            "PollWorkflowTaskQueue",
            budget,
            lambda _: service.poll_workflow_task_queue(request, timeout=patient),
        )

    async def _complete(self, token: bytes) -> None:
        command = Command(
            command_type=CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
            complete_workflow_execution_command_attributes=CompleteWorkflowExecutionCommandAttributes(),
        )
        request = RespondWorkflowTaskCompletedRequest(
            namespace=self.client.namespace, task_token=token, commands=[command], identity=_IDENTITY
        )

        service = self.client.workflow_service
        await ask(
            self.address,
            "RespondWorkflowTaskCompleted",
            self.budget,
            lambda timeout: service.respond_workflow_task_completed(request, timeout=timeout),
        )

    async def _is_done(self, name: str) -> bool:
        request = DescribeWorkflowExecutionRequest(
            namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=name)
        )

        service = self.client.workflow_service
        try:
            found = await ask(
                self.address,
                "DescribeWorkflowExecution",
                self.budget,
                lambda timeout: service.describe_workflow_execution(request, timeout=timeout),
            )
        except CallFailed:
            return False
        return found.workflow_execution_info.status == _DONE

    def _left(self) -> float:
        return max(0.0, self.budget.ends - asyncio.get_running_loop().time())


def cannot_be_asked(failure: CallFailed) -> Missing | None:
    """Why a failure says nothing of the cluster: we may not ask, or it was asked for something it has not.

    Being turned away by a rate limit is no such case: nobody else's workflow gets through either.
    """
    missing = failure.missing
    if missing.reason is not MissingReason.REJECTED or "limits the rate" in missing.detail:
        return None
    return missing
