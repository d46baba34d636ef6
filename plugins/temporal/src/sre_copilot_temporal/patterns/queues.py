"""Lines about the engine's own queues, and about the task queues of workers."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_ENGINE = (
    "history.backlog_age",
    "history.task_rate",
    "history.task_error_share",
    "persistence.error_share",
    "persistence.write_error_share",
)

QUEUES = (
    LogPattern(
        "queues.task_failed",
        contains="Fail to process task",
        services=("history",),
        means="A task of the engine failed and is tried again; the error behind it says why.",
        remedy="Harmless alone. Many of them with one error point at what that error names.",
        supports=("history.task_error_share",),
    ),
    LogPattern(
        "queues.reader_failed",
        contains="Queue reader unable to retrieve tasks",
        services=("history",),
        means="A queue of the engine cannot be read, so nothing of it is processed.",
        remedy="Look at the database and at the shard, whose lines stand beside this one.",
        severity=Severity.WARNING,
        supports=(*_ENGINE, "history.state_transitions", "canary.success"),
    ),
    LogPattern(
        "queues.progress_not_stored",
        expression=r"error updating queue state|error range completing queue task|failed to clean up replication",
        services=("history",),
        means="Finished tasks could not be crossed off; they will be, or will be looked at twice.",
        remedy="Look at the errors of the database.",
        supports=("persistence.error_share", "persistence.write_error_share", "history.task_error_share"),
    ),
    LogPattern(
        "queues.state_not_stored",
        contains="Failed to sync state after drain completion",
        services=("matching",),
        means="The state of a task queue could not be stored.",
        remedy="Look at the errors of the database.",
        supports=(
            "persistence.error_share",
            "persistence.write_error_share",
        ),
    ),
    LogPattern(
        "queues.no_poller",
        expression=r"no pollers?\b",
        services=("matching",),
        means="Nobody polls a task queue that has work.",
        remedy="Start workers, and check the name of their task queue and their namespace.",
        severity=Severity.WARNING,
        supports=(
            "matching.dispatch_ratio",
            "matching.backlog_age",
            "matching.backlog_growth",
            "matching.no_poller_tasks",
            "workers.pollers",
        ),
    ),
    LogPattern(
        "queues.unloaded",
        contains="Stopped physicalTaskQueueManager",
        services=("matching",),
        means="A task queue went out of use, as a worker's own queue does after the worker has ended.",
        remedy="Nothing by itself: queues come and go with deployments of workers.",
    ),
    LogPattern(
        "queues.loaded",
        contains="Started physicalTaskQueueManager",
        services=("matching",),
        means="A task queue came into use, as at the first poll of a worker that starts.",
        remedy="Nothing by itself: queues come and go with deployments of workers.",
    ),
)
