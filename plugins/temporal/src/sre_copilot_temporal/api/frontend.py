"""The read-only questions the copilot asks a frontend, one method each."""

from __future__ import annotations

import attrs
from temporalio.api.enums.v1 import DescribeTaskQueueMode, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    GetSystemInfoRequest,
    ListWorkersRequest,
    ListWorkersResponse,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client

from sre_copilot_temporal.api.calls import Budget, ask

OWN_QUEUES = "sre-copilot"
"""Task queues that start with this belong to the copilot and its probes, never to demand."""

REPORTED_PROBLEMS = "TemporalReportedProblems"
"""Search attribute the server sets on workflows whose workflow task keeps failing."""

_RUNNING = f'ExecutionStatus="Running" AND TaskQueue NOT STARTS_WITH "{OWN_QUEUES}"'
_STUCK = f"{REPORTED_PROBLEMS} IS NOT NULL AND {_RUNNING}"
_WORKERS_PAGE = 1000
_WORKERS_PAGES = 5
_RUNNING_PAGE = 50


@attrs.frozen
class Frontend:
    """One frontend during one reading: every method raises ``CallFailed`` for what was not answered."""

    client: Client
    address: str
    budget: Budget

    async def describe_namespace(self, namespace: str) -> DescribeNamespaceResponse:
        """The cheapest request that goes through authorization and needs more than the frontend's process."""
        request = DescribeNamespaceRequest(namespace=namespace)
        return await ask(
            self.address,
            "DescribeNamespace",
            self.budget,
            lambda timeout: self.client.workflow_service.describe_namespace(request, timeout=timeout),
        )

    async def server_version(self) -> str:
        """Which server answers."""
        answer = await ask(
            self.address,
            "GetSystemInfo",
            self.budget,
            lambda timeout: self.client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=timeout),
        )
        return answer.server_version

    async def count_running(self, namespace: str) -> int:
        """Open workflows, the copilot's own aside."""
        return await self._count(namespace, _RUNNING)

    async def count_stuck(self, namespace: str) -> int:
        """Open workflows whose workflow task keeps failing; marked after several attempts."""
        return await self._count(namespace, _STUCK)

    async def _count(self, namespace: str, query: str) -> int:
        request = CountWorkflowExecutionsRequest(namespace=namespace, query=query)
        answer = await ask(
            self.address,
            "CountWorkflowExecutions",
            self.budget,
            lambda timeout: self.client.workflow_service.count_workflow_executions(request, timeout=timeout),
        )
        return answer.count

    async def queues_of_running(self, namespace: str, known: tuple[str, ...]) -> frozenset[str]:
        """Task queues of up to 50 open workflows, those on ``known`` queues left out.

        Without leaving them out, a busy queue would fill the page and hide one that nobody polls.
        """
        names = ", ".join(f'"{name}"' for name in known if not set(name) & set("\"'\\"))
        query = f"{_RUNNING} AND TaskQueue NOT IN ({names})" if names else _RUNNING
        request = ListWorkflowExecutionsRequest(namespace=namespace, page_size=_RUNNING_PAGE, query=query)
        answer = await ask(
            self.address,
            "ListWorkflowExecutions",
            self.budget,
            lambda timeout: self.client.workflow_service.list_workflow_executions(request, timeout=timeout),
        )
        return frozenset(execution.task_queue for execution in answer.executions)

    async def list_workers(self, namespace: str) -> ListWorkersResponse:
        """Up to 5,000 workers and what they last said of themselves."""
        found = ListWorkersResponse()
        token = b""
        for _ in range(_WORKERS_PAGES):
            request = ListWorkersRequest(namespace=namespace, page_size=_WORKERS_PAGE, next_page_token=token)
            page = await ask(
                self.address,
                "ListWorkers",
                self.budget,
                lambda timeout, request=request: self.client.workflow_service.list_workers(  # type: ignore[misc]
                    request, timeout=timeout
                ),
            )
            found.workers_info.extend(page.workers_info)
            found.workers.extend(page.workers)
            token = page.next_page_token
            if not token:
                break
        return found

    async def describe_task_queue(
        self, namespace: str, name: str, kind: TaskQueueType.ValueType
    ) -> DescribeTaskQueueResponse:
        """Backlog, rates and pollers of one type of one queue, all its partitions and versions together.

        The newer form that tells both types at once answers for unversioned workers only: the backlog and
        the pollers of a worker deployment are not in it, and a queue that drowns looks empty.
        """
        request = DescribeTaskQueueRequest(
            namespace=namespace, task_queue=TaskQueue(name=name), task_queue_type=kind, report_stats=True
        )
        return await self._describe(request)

    async def describe_unversioned(
        self, namespace: str, name: str, kind: TaskQueueType.ValueType
    ) -> DescribeTaskQueueResponse:
        """The same from an older server, whose plain answer has no statistics."""
        request = DescribeTaskQueueRequest(
            namespace=namespace,
            task_queue=TaskQueue(name=name),
            api_mode=DescribeTaskQueueMode.DESCRIBE_TASK_QUEUE_MODE_ENHANCED,
            task_queue_types=[kind],
            report_stats=True,
            report_pollers=True,
        )
        return await self._describe(request)

    async def _describe(self, request: DescribeTaskQueueRequest) -> DescribeTaskQueueResponse:
        return await ask(
            self.address,
            "DescribeTaskQueue",
            self.budget,
            lambda timeout: self.client.workflow_service.describe_task_queue(request, timeout=timeout),
        )
