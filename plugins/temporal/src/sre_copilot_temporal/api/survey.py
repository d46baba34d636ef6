"""One reading's questions: about workflows, workers and task queues, all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import attrs
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.workflowservice.v1 import ListWorkersResponse
from temporalio.service import RPCStatusCode
from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import Missing, MissingReason
from sre_copilot_temporal.api import workers
from sre_copilot_temporal.api.calls import CallFailed, answered, outcome
from sre_copilot_temporal.api.facts import Answer, Fact
from sre_copilot_temporal.api.frontend import REPORTED_PROBLEMS, Frontend
from sre_copilot_temporal.api.queues import TASK_TYPES, KnownQueue, TaskQueues, TypeStats

QUEUE_SIGNALS = frozenset(
    {
        "matching.backlog",
        "matching.backlog_age",
        "matching.api_add_rate",
        "matching.api_dispatch_rate",
        "workers.pollers",
    }
)
WORKER_SIGNALS = frozenset({"workers.running", "workers.reported_slots_available"})
COUNT_SIGNALS = frozenset({"workflows.running", "workflows.stuck"})

# A little less than 30 s, so that the jitter of a 30 s cycle does not skip every other search.
_SEARCH_EVERY = TimeDelta(seconds=29)
_AT_ONCE = 8

Listed = dict[str, ListWorkersResponse | CallFailed]


class Survey:
    """Asks one cluster's frontend everything but whether it is there."""

    def __init__(self, queues: TaskQueues, namespaces: tuple[str, ...], describe_per_cycle: int) -> None:
        self._queues = queues
        self._namespaces = namespaces
        self._describe_per_cycle = describe_per_cycle
        self._searched = Instant.MIN

    async def of(self, frontend: Frontend, wanted: frozenset[str], at: Instant) -> dict[str, Answer | Missing]:
        """What the frontend says about the signals ``wanted``, by key."""
        counted, told = await asyncio.gather(
            self._counts(frontend, wanted & COUNT_SIGNALS),
            self._queues_and_workers(frontend, wanted & (QUEUE_SIGNALS | WORKER_SIGNALS), at),
        )
        return counted | told

    async def _counts(self, frontend: Frontend, wanted: frozenset[str]) -> dict[str, Answer | Missing]:
        questions = {"workflows.running": frontend.count_running, "workflows.stuck": frontend.count_stuck}
        keys = sorted(wanted)
        asked = [outcome(questions[key](namespace)) for key in keys for namespace in self._namespaces]
        counts = await asyncio.gather(*asked)
        width = len(self._namespaces)
        return {
            key: _per_namespace(dict(zip(self._namespaces, counts[place * width :], strict=False)))
            for place, key in enumerate(keys)
        }

    async def _queues_and_workers(
        self, frontend: Frontend, wanted: frozenset[str], at: Instant
    ) -> dict[str, Answer | Missing]:
        if not wanted:
            return {}
        listed, searched = await asyncio.gather(self._list_workers(frontend), self._search(frontend, at))
        for namespace, answer in listed.items():
            if not isinstance(answer, CallFailed):
                for name in workers.queues_of(answer):
                    self._queues.saw(namespace, name, at)
        told = await self._describe(frontend, at)
        if not len(self._queues):
            told = _none_known(told, [*listed.values(), *searched])
        return told | self._workers(frontend, listed, at)

    async def _list_workers(self, frontend: Frontend) -> Listed:
        answers = await asyncio.gather(*(outcome(frontend.list_workers(name)) for name in self._namespaces))
        return dict(zip(self._namespaces, answers, strict=True))

    async def _search(self, frontend: Frontend, at: Instant) -> list[CallFailed]:
        """Look for task queues that open workflows need, for those that nobody polls; the failures."""
        if at - self._searched < _SEARCH_EVERY:
            return []
        known = {name: self._queues.lately_running(name, at) for name in self._namespaces}
        found = await asyncio.gather(
            *(outcome(frontend.queues_of_running(name, known[name])) for name in self._namespaces)
        )
        failures = []
        for namespace, names in zip(self._namespaces, found, strict=True):
            if isinstance(names, CallFailed):
                failures.append(names)
                continue
            for name in names:
                self._queues.saw(namespace, name, at, running=True)
        if not failures:
            self._searched = at
        return failures

    async def _describe(self, frontend: Frontend, at: Instant) -> dict[str, Answer | Missing]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(queue: KnownQueue) -> Mapping[str, TypeStats]:
            async with gate:
                # Both are awaited whatever happens, so that no request outlives the reading.
                kinds = await asyncio.gather(*(outcome(_stats(frontend, queue, kind, at)) for kind in TASK_TYPES))
            return dict(zip(TASK_TYPES.values(), map(answered, kinds), strict=True))

        due = self._queues.due(at, self._describe_per_cycle)
        told = await asyncio.gather(*(outcome(one(queue)) for queue in due))
        failures = []
        for queue, stats in zip(due, told, strict=True):
            if isinstance(stats, CallFailed):
                failures.append(stats)
            else:
                self._queues.answered(queue, stats, at)
        if failures and len(failures) == len(due):
            return dict.fromkeys(QUEUE_SIGNALS, failures[0].missing)
        return dict(self._queues.answers(at))

    def _workers(self, frontend: Frontend, listed: Listed, at: Instant) -> dict[str, Answer | Missing]:
        told = {name: page for name, page in listed.items() if not isinstance(page, CallFailed)}
        failures = [page for page in listed.values() if isinstance(page, CallFailed)]
        if failures and not told:
            return dict.fromkeys(WORKER_SIGNALS, failures[0].missing)
        free = [fact for name, page in told.items() for fact in workers.slots(name, page, at)]
        live_pollers = self._queues.live_pollers(at)
        note = " ".join(failure.missing.detail for failure in failures)
        return {
            "workers.running": _noted(workers.running(told.values(), frontend.address, live_pollers, at), note),
            "workers.reported_slots_available": _noted(workers.slots_answer(free), note),
        }


async def _stats(frontend: Frontend, queue: KnownQueue, kind: TaskQueueType.ValueType, at: Instant) -> TypeStats:
    answer = await frontend.describe_task_queue(queue.namespace, queue.name, kind)
    if answer.HasField("stats"):
        return TypeStats.of(answer.stats, answer.pollers, at)
    older = await frontend.describe_unversioned(queue.namespace, queue.name, kind)
    info = older.versions_info[""].types_info[kind]
    return TypeStats.of(info.stats, info.pollers, at)


def _noted(answer: Answer | Missing, note: str) -> Answer | Missing:
    return answer if isinstance(answer, Missing) else attrs.evolve(answer, note=note)


def _per_namespace(counts: Mapping[str, int | CallFailed]) -> Answer | Missing:
    facts = [Fact(count, {"namespace": name}) for name, count in counts.items() if isinstance(count, int)]
    failures = [count for count in counts.values() if isinstance(count, CallFailed)]
    if failures and not facts:
        return _count_failed(failures[0])
    note = " ".join(failure.missing.detail for failure in failures)
    return Answer(tuple(facts), note=note, of_nothing=0.0)


def _count_failed(failure: CallFailed) -> Missing:
    unknown = failure.status is RPCStatusCode.INVALID_ARGUMENT and REPORTED_PROBLEMS in failure.missing.detail
    if not unknown:
        return failure.missing
    return Missing(
        MissingReason.NOT_EMITTED,
        f"The server does not mark stuck workflows: it has no search attribute {REPORTED_PROBLEMS}.",
    )


def _none_known(
    told: dict[str, Answer | Missing], discovery: list[ListWorkersResponse | CallFailed]
) -> dict[str, Answer | Missing]:
    """Nothing known is nothing waiting only where every way to find a task queue was open."""
    failures = [found for found in discovery if isinstance(found, CallFailed)]
    if not failures:
        return told
    detail = f"No task queue is known, and none could be found: {failures[0].missing.detail}"
    return dict.fromkeys(told, Missing(failures[0].missing.reason, detail))
