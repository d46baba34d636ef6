"""What Temporal Cloud's OpenMetrics endpoint says: gauges of the last complete minute, with times of their own."""

from __future__ import annotations

PAYMENTS = 'temporal_account="a1b2c",temporal_namespace="payments.a1b2c",region="aws-us-east-1"'
ORDERS = 'temporal_account="a1b2c",temporal_namespace="orders.a1b2c",region="aws-us-east-1"'

SAMPLES: tuple[tuple[str, str, float], ...] = (
    ("service_request_count", f'{PAYMENTS},operation="StartWorkflowExecution"', 12.5),
    ("service_request_count", f'{ORDERS},operation="StartWorkflowExecution"', 4.0),
    ("service_request_count", f'{ORDERS},operation="PollWorkflowTaskQueue"', 40.0),
    ("service_latency_p50", f'{PAYMENTS},operation="StartWorkflowExecution"', 0.011),
    ("service_latency_p95", f'{PAYMENTS},operation="StartWorkflowExecution"', 0.02),
    ("service_latency_p95", f'{ORDERS},operation="StartWorkflowExecution"', 0.035),
    ("service_latency_p99", f'{PAYMENTS},operation="StartWorkflowExecution"', 0.07),
    ("service_latency_p99", f'{ORDERS},operation="StartWorkflowExecution"', 0.05),
    ("service_pending_requests", f'{ORDERS},operation="PollWorkflowTaskQueue"', 6.0),
    ("poll_success_count", f'{PAYMENTS},temporal_task_queue="pay",task_type="workflow"', 20.0),
    ("poll_success_count", f'{PAYMENTS},temporal_task_queue="pay",task_type="activity"', 10.0),
    ("poll_success_count", f'{ORDERS},temporal_task_queue="ship",task_type="workflow"', 2.0),
    ("poll_success_sync_count", f'{PAYMENTS},temporal_task_queue="pay",task_type="workflow"', 18.0),
    ("approximate_backlog_count", f'{PAYMENTS},temporal_task_queue="pay",task_type="workflow"', 7.0),
    ("approximate_backlog_count", f'{ORDERS},temporal_task_queue="ship",task_type="activity"', 90.0),
    ("workflow_success_count", f'{PAYMENTS},temporal_task_queue="pay",temporal_workflow_type="Pay"', 9.0),
    ("action_limit", PAYMENTS, 400.0),
)


def cloud_text(at: float | None = None, *, openmetrics: bool = False) -> str:
    """The endpoint's text.

    :param at: Unix second of all samples; without it they have no times.
    """
    stamp = "" if at is None else f" {at:.3f}" if openmetrics else f" {at * 1000:.0f}"
    lines: list[str] = []
    for name, labels, value in SAMPLES:
        full = f"temporal_cloud_v1_{name}"
        if f"# TYPE {full} gauge" not in lines:
            lines.append(f"# TYPE {full} gauge")
        lines.append(f"{full}{{{labels}}} {value}{stamp}")
    return "\n".join([*lines, *(["# EOF"] if openmetrics else []), ""])
