"""The schedules that ask for assessments: one for each watched cluster."""

from __future__ import annotations

from collections.abc import Collection

import attrs
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode
from whenever import TimeDelta

from sre_copilot.workflows.assessment_messages import ScheduledOrder
from sre_copilot.workflows.assessment_start import ASSESS_PREFIX

WORKFLOW = "ScheduledAssessmentWorkflow"
QUEUE = "task_queue"
"""Under this name a schedule says whose it is: several copilots may share a namespace."""
LATE = TimeDelta(minutes=1).to_stdlib()
"""What was due longer ago, while no server ran, is not made up for."""


@attrs.frozen
class Rhythm:
    """How often clusters are assessed although nothing changes."""

    every: float
    """Seconds; 0 for never."""
    window: float
    """Seconds: a younger assessment makes another one superfluous."""


async def ensure_schedule(client: Client, cluster: str, rhythm: Rhythm, *, task_queue: str) -> None:
    """Create the cluster's schedule, or bring it in line.

    :raises RPCError: if the server does not answer.
    """
    wanted = _schedule(cluster, rhythm, task_queue)
    try:
        await client.create_schedule(schedule_id(cluster), wanted, memo={QUEUE: task_queue})
    except ScheduleAlreadyRunningError:
        await _update(client, cluster, wanted)


async def remove_schedules(client: Client, kept: Collection[str], *, task_queue: str) -> None:
    """Remove the schedules of our task queue whose clusters are not among ``kept``.

    :raises RPCError: if the server does not answer.
    """
    wanted = {schedule_id(cluster) for cluster in kept}
    async for listed in await client.list_schedules():
        if not listed.id.startswith(ASSESS_PREFIX) or listed.id in wanted:
            continue
        if (await listed.memo()).get(QUEUE) != task_queue:
            continue
        try:
            await client.get_schedule_handle(listed.id).delete()
        except RPCError as failure:
            # The list lags behind: another worker may have removed it.
            if failure.status is not RPCStatusCode.NOT_FOUND:
                raise


def schedule_id(cluster: str) -> str:
    """The id of a cluster's schedule, from which its workflows' ids are made."""
    return f"{ASSESS_PREFIX}{cluster}"


async def _update(client: Client, cluster: str, wanted: Schedule) -> None:
    def same(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
        now = found.description.schedule
        is_same = now.spec.intervals == wanted.spec.intervals and _input(now) == _input(wanted)
        return None if is_same else ScheduleUpdate(wanted)

    await client.get_schedule_handle(schedule_id(cluster)).update(same)


def _input(schedule: Schedule) -> object:
    return schedule.action.args if isinstance(schedule.action, ScheduleActionStartWorkflow) else None


def _schedule(cluster: str, rhythm: Rhythm, task_queue: str) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WORKFLOW,
            ScheduledOrder(cluster, rhythm.window),
            id=schedule_id(cluster),
            task_queue=task_queue,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=TimeDelta(seconds=rhythm.every).to_stdlib())]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=LATE),
    )
