"""The task queues of a cluster: which are known, which are asked next, what they last told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueueStats
from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import Worst
from sre_copilot_temporal.api.facts import Answer, Fact
from sre_copilot_temporal.api.frontend import OWN_QUEUES

LIVE_POLLER = TimeDelta(seconds=75)
"""How long ago a living worker polled at most: the server ends a poll without a task after 60 s
(matching.longPollExpirationInterval), the rest is for the way and for clocks that differ. The server lists
pollers for another four minutes after their death."""

FORGOTTEN_AFTER = TimeDelta(minutes=60)
"""A queue without any sign of life for so long is asked no more."""

REMEMBERED = TimeDelta(minutes=10)
"""How long an answer, or having seen an open workflow on a queue, speaks of now. Two hundred queues at
twenty a cycle of 30 s take turns in half of it."""

MOST_QUEUES = 200

_SYSTEM_PREFIXES = ("temporal-sys-", "temporal_sys", "/_sys/", OWN_QUEUES)

TASK_TYPES: Mapping[TaskQueueType.ValueType, str] = {
    TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW: "Workflow",
    TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY: "Activity",
}
"""Spelt as in the metrics' label ``task_type``."""


def instant_of(stamp: Timestamp) -> Instant:
    """A protobuf timestamp as an instant; one that was never set is long ago."""
    return Instant.from_timestamp(stamp.ToNanoseconds(), unit="nanosecond")


def counts(name: str) -> bool:
    """Whether work on a task queue of that name is demand, and not the server's or the copilot's own."""
    return bool(name) and not name.startswith(_SYSTEM_PREFIXES)


@attrs.frozen
class TypeStats:
    """What one type of one task queue told."""

    backlog: int
    backlog_age: float
    add_rate: float
    dispatch_rate: float
    pollers: int
    """Those that live."""
    listed: int
    """Those the server lists, dead ones for some minutes too."""

    @classmethod
    def of(cls, stats: TaskQueueStats, pollers: Iterable[PollerInfo], at: Instant) -> TypeStats:
        """From the server's answer at ``at``."""
        last_polls = [instant_of(poller.last_access_time) for poller in pollers]
        age = stats.approximate_backlog_age
        return cls(
            backlog=stats.approximate_backlog_count,
            backlog_age=age.seconds + age.nanos / 1e9,
            add_rate=stats.tasks_add_rate,
            dispatch_rate=stats.tasks_dispatch_rate,
            pollers=sum(at - polled <= LIVE_POLLER for polled in last_polls),
            listed=len(last_polls),
        )

    @property
    def used(self) -> bool:
        """Whether anything happens here; a worker without activities leaves its queue's other type unused."""
        return bool(self.listed or self.backlog or self.add_rate or self.dispatch_rate)


@attrs.define
class KnownQueue:
    """One task queue and what is remembered of it."""

    namespace: str
    name: str
    configured: bool = False
    seen: Instant = Instant.MIN
    """Last sign of life."""
    running: Instant = Instant.MIN
    """When an open workflow was last seen on it."""
    turn: int = 0
    """When it was last asked, counted in questions."""
    answered: Instant = Instant.MIN
    stats: Mapping[str, TypeStats] = attrs.field(factory=dict)
    """By task type."""

    def in_use(self, at: Instant) -> Iterator[tuple[str, TypeStats]]:
        """The task types whose numbers mean something."""
        for task_type, stats in self.stats.items():
            waited_for = task_type == "Workflow" and at - self.running <= REMEMBERED
            if stats.used or waited_for:
                yield task_type, stats


class TaskQueues:
    """Everything known about one cluster's task queues, from cycle to cycle."""

    def __init__(self, namespaces: Iterable[str], configured: Iterable[str]) -> None:
        self._known: dict[tuple[str, str], KnownQueue] = {}
        self._turns = 0
        names = tuple(filter(counts, configured))
        for namespace in namespaces:
            for name in names:
                self._known[namespace, name] = KnownQueue(namespace, name, configured=True)

    def __len__(self) -> int:
        return len(self._known)

    def saw(self, namespace: str, name: str, at: Instant, *, running: bool = False) -> None:
        """A worker of this queue was listed, or an open workflow that needs it."""
        if not counts(name):
            return
        queue = self._known.setdefault((namespace, name), KnownQueue(namespace, name))
        queue.seen = at
        if running:
            queue.running = at

    def lately_running(self, namespace: str, at: Instant) -> tuple[str, ...]:
        """Queues that need no search now: an open workflow was seen on them a short while ago."""
        return tuple(
            name
            for (where, name), queue in self._known.items()
            if where == namespace and at - queue.running <= REMEMBERED
        )

    def due(self, at: Instant, count: int) -> list[KnownQueue]:
        """The next queues to ask, in turn: those never asked, then those asked longest ago."""
        self._forget(at)
        chosen = sorted(self._known.values(), key=lambda queue: queue.turn)[:count]
        for queue in chosen:
            self._turns += 1
            queue.turn = self._turns
        return chosen

    def answered(self, queue: KnownQueue, stats: Mapping[str, TypeStats], at: Instant) -> None:
        """Remember what a queue told."""
        queue.stats, queue.answered = stats, at
        if any(told.used for told in stats.values()):
            queue.seen = at

    def _forget(self, at: Instant) -> None:
        for key, queue in list(self._known.items()):
            if not queue.configured and at - queue.seen > FORGOTTEN_AFTER:
                del self._known[key]
        found = sorted((queue for queue in self._known.values() if not queue.configured), key=lambda q: q.seen)
        for queue in found[: max(0, len(self._known) - MOST_QUEUES)]:
            del self._known[queue.namespace, queue.name]

    def told(self, at: Instant) -> list[KnownQueue]:
        """Queues whose last answer is fresh enough to speak of now."""
        return [queue for queue in self._known.values() if at - queue.answered <= REMEMBERED]

    def live_pollers(self, at: Instant) -> int:
        """Pollers that live, over all queues."""
        return sum(stats.pollers for queue in self.told(at) for stats in queue.stats.values())

    def answers(self, at: Instant) -> dict[str, Answer]:
        """What all of them say now, by signal."""
        rows = list(self._rows(at))
        note, age = self._freshness(at)

        def answer(facts: Iterable[Fact], of_nothing: float | None = 0.0) -> Answer:
            return Answer(tuple(facts), age=age, note=note, of_nothing=of_nothing)

        pollers = answer((Fact(stats.pollers, labels) for labels, stats in rows), of_nothing=None)
        ages = answer(Fact(stats.backlog_age, labels) for labels, stats in rows)
        return {
            "matching.backlog": answer(Fact(stats.backlog, labels) for labels, stats in rows),
            "matching.backlog_age": attrs.evolve(ages, together=Worst.HIGHEST),
            "matching.api_add_rate": answer(Fact(stats.add_rate, labels) for labels, stats in rows),
            "matching.api_dispatch_rate": answer(Fact(stats.dispatch_rate, labels) for labels, stats in rows),
            "workers.pollers": attrs.evolve(pollers, together=Worst.LOWEST, nothing="No task queue is in use."),
        }

    def _rows(self, at: Instant) -> Iterator[tuple[dict[str, str], TypeStats]]:
        told = self.told(at)
        alive = {queue.name for queue in told if any(queue.in_use(at))}
        for queue in told:
            for task_type, stats in queue.in_use(at):
                yield _labels(queue, task_type), stats
            # Somebody expects work on a configured queue: where nothing at all happens, nobody polls it.
            if queue.configured and queue.name not in alive:
                alive.add(queue.name)
                yield _labels(queue, "Workflow"), queue.stats["Workflow"]

    def _freshness(self, at: Instant) -> tuple[str, float]:
        told = self.told(at)
        silent = len(self._known) - len(told)
        ages = [max(0.0, (at - queue.answered).total("seconds")) for queue in told]
        older = sum(age > 0 for age in ages)
        notes = []
        if older:
            notes.append(f"{older} of {len(told)} task queues were last asked up to {max(ages):.0f} s ago")
        if silent:
            notes.append(f"{silent} of {len(self._known)} known task queues gave no answer yet")
        return "; ".join(notes), min(ages, default=0.0)


def _labels(queue: KnownQueue, task_type: str) -> dict[str, str]:
    return {"namespace": queue.namespace, "taskqueue": queue.name, "task_type": task_type}
