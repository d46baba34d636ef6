"""The Temporal worker that runs the copilot's workflows."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker, WorkerTuner
from whenever import TimeDelta

from sre_copilot.health.ruleset import ENGINE
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import AssessmentActivities
from sre_copilot.workflows.cadence import LONGEST_OBSERVATION, LONGEST_RECORDING, SPARE, sticky_timeout
from sre_copilot.workflows.log_activities import LogActivities
from sre_copilot.workflows.messages import TASK_QUEUE
from sre_copilot.workflows.notify import NotifyWorkflow
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.scheduled_assessment import ScheduledAssessmentWorkflow
from sre_copilot.workflows.watch_logs import LogWatcherWorkflow

SLOTS = 32
"""Cycles in work at once. At 30 s and with every source at its deadline that is about a hundred clusters;
more clusters means more workers."""
CACHED = 256
"""Workflows kept in memory between their cycles."""
ASSESSING = 8
"""Steps of assessments in work at once; each ends within seconds."""
POLLERS = 2
"""As many as are needed for one sticky and one shared queue."""


def make_worker(
    client: Client,
    activities: ClusterActivities,
    *,
    cycles: Sequence[float],
    logs: LogActivities | None = None,
    assessing: AssessmentActivities | None = None,
    more: Sequence[type] = (),
    task_queue: str = TASK_QUEUE,
) -> Worker:
    """A worker that is not yet running.

    :param client: made with :func:`sre_copilot.workflows.sdk_plugin.sdk_plugin`.
    :param logs: what reads logs, where this worker is to do so.
    :param cycles: seconds, of every cluster; the shortest one bounds how long a lost worker is waited for.
    :param assessing: what assessments need; without it the worker observes only.
    :param more: workflows that run only where a model is configured.
    """
    assesses = assessing is not None
    workflows = [AssessHealthWorkflow, ScheduledAssessmentWorkflow, NotifyWorkflow] if assesses else []
    pollers = PollerBehaviorSimpleMaximum(POLLERS)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[ObserveClusterWorkflow, *([LogWatcherWorkflow] if logs else ()), *workflows, *more],
        activities=[
            activities.observe,
            activities.record,
            *([logs.read] if logs else ()),
            *(assessing.all if assessing is not None else ()),
        ],
        # Left out, it would be a hash over every loaded module, which takes seconds.
        build_id=f"{version('sre-copilot')}+engine.{ENGINE}",
        tuner=WorkerTuner.create_fixed(
            workflow_slots=SLOTS,
            activity_slots=ASSESSING if assesses else 1,
            local_activity_slots=SLOTS,
            nexus_slots=1,
        ),
        workflow_task_poller_behavior=pollers,
        activity_task_poller_behavior=pollers,
        no_remote_activities=not assesses,
        max_cached_workflows=CACHED,
        sticky_queue_schedule_to_start_timeout=TimeDelta(seconds=sticky_timeout(min(cycles, default=30.0))).to_stdlib(),
        # A cycle that has begun is finished and recorded.
        graceful_shutdown_timeout=TimeDelta(seconds=LONGEST_OBSERVATION + LONGEST_RECORDING + SPARE).to_stdlib(),
    )
