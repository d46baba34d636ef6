"""Lines about workflows and their code."""

from __future__ import annotations

from sre_copilot_hookspecs import LogPattern, Severity

_CODE = (
    "workflows.success_share",
    "workflows.tasks_failed",
    "workflows.task_failure_share",
    "workflows.stuck",
    "history.completion_ratio",
    "history.workflow_task_attempts_p99",
    "workers.workflow_task_failures",
)

WORKFLOWS = (
    LogPattern(
        "workflows.task_failed",
        contains="workflow task failed",
        services=("history",),
        means="Workflow code raised, or it is not what its history says; the task is tried again for ever.",
        remedy="Look at the failure in the workflow's history, and roll back or mend the worker's code.",
        severity=Severity.WARNING,
        supports=_CODE,
    ),
    LogPattern(
        "workflows.problems_reported",
        contains="TemporalReportedProblems search attribute added",
        services=("history",),
        means="A workflow's tasks have failed so often that the server marked it.",
        remedy="List workflows with TemporalReportedProblems, and look at their last failure.",
        severity=Severity.WARNING,
        supports=_CODE,
    ),
    LogPattern(
        "workflows.problems_gone",
        contains="TemporalReportedProblems search attribute removed",
        services=("history",),
        means="A workflow that the server had marked, because its tasks failed, goes on.",
        remedy="Nothing: the code is mended, or was rolled back.",
    ),
    LogPattern(
        "workflows.task_gone",
        contains="Workflow task not found",
        services=("matching",),
        means="A task was handed out for a workflow that had ended by then.",
        remedy="Nothing: workflows that are terminated or time out leave such tasks.",
    ),
    LogPattern(
        "workflows.deletion",
        contains="DeleteWorkflowExecution requested",
        services=("history",),
        means="Somebody deletes workflows.",
        remedy="Nothing, if it was meant: deletions use the database like any other work.",
        supports=("history.deletion_rate",),
    ),
)
