"""What SDK workers say of themselves in their heartbeats to the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from temporalio.api.enums.v1 import WorkerStatus
from temporalio.api.worker.v1 import WorkerHeartbeat, WorkerSlotsInfo
from temporalio.api.workflowservice.v1 import ListWorkersResponse
from whenever import Instant, TimeDelta

from sre_copilot_hookspecs import Missing, MissingReason, Worst
from sre_copilot_temporal.api.facts import Answer, Fact
from sre_copilot_temporal.api.queues import counts, instant_of

LIVE_HEARTBEAT = TimeDelta(seconds=150)
"""How old the newest heartbeat of a living worker is at most: SDKs send one every 60 s, one may be lost, and
the worker's clock may differ. The server lists workers for hours after their death."""


def queues_of(listed: ListWorkersResponse) -> frozenset[str]:
    """Task queues that workers were started for."""
    heartbeats = (info.worker_heartbeat.task_queue for info in listed.workers_info)
    return frozenset((*heartbeats, *(worker.task_queue for worker in listed.workers)))


def running(listed: Iterable[ListWorkersResponse], address: str, live_pollers: int, at: Instant) -> Answer | Missing:
    """How many workers run, by their own account.

    :param live_pollers: how many pollers the task queues see, because a young worker, and one with an SDK
        that sends no heartbeats, polls without being listed.
    """
    pages = list(listed)
    if any(page.workers and not page.workers_info for page in pages):
        return Missing(MissingReason.NOT_EMITTED, f"{address} lists workers, but not when it last heard from them.")
    alive = sum(1 for page in pages for _ in _alive(page, at))
    if not alive and live_pollers:
        return Missing(
            MissingReason.NO_DATA,
            f"{live_pollers} pollers live, but no worker sent a heartbeat: it is younger than a minute,"
            " or its SDK is too old to send any.",
        )
    return Answer((Fact(alive),))


def slots(namespace: str, listed: ListWorkersResponse, at: Instant) -> Iterator[Fact]:
    """Free slots of every running worker, by kind."""
    for heartbeat in _alive(listed, at):
        for kind, info in _slots_by_kind(heartbeat):
            # Other suppliers size themselves by memory and CPU and leave the number at zero.
            fixed = info.slot_supplier_kind == "Fixed"
            if fixed and info.current_available_slots + info.current_used_slots > 0:
                labels = {"namespace": namespace, "taskqueue": heartbeat.task_queue, "kind": kind}
                yield Fact(info.current_available_slots, labels)


def slots_answer(facts: Iterable[Fact]) -> Answer:
    """Free slots of all workers; the scarcest counts."""
    return Answer(tuple(facts), together=Worst.LOWEST, nothing="No running worker told of a fixed number of slots.")


def _alive(listed: ListWorkersResponse, at: Instant) -> Iterator[WorkerHeartbeat]:
    for info in listed.workers_info:
        heartbeat = info.worker_heartbeat
        runs = heartbeat.status == WorkerStatus.WORKER_STATUS_RUNNING
        if runs and counts(heartbeat.task_queue) and at - instant_of(heartbeat.heartbeat_time) <= LIVE_HEARTBEAT:
            yield heartbeat


def _slots_by_kind(heartbeat: WorkerHeartbeat) -> tuple[tuple[str, WorkerSlotsInfo], ...]:
    return (
        ("workflow", heartbeat.workflow_task_slots_info),
        ("activity", heartbeat.activity_task_slots_info),
        ("local_activity", heartbeat.local_activity_slots_info),
        ("nexus", heartbeat.nexus_task_slots_info),
    )
