"""How servers and SDKs spell their metrics."""

from __future__ import annotations

from sre_copilot_hookspecs import Dialect, Emitter, LabelSpelling

# https://docs.temporal.io/cloud/metrics/openmetrics/metrics-reference, as of 2026: every metric of that page that a
# server has under another name, and the limits, which are told even where nothing happens.
_CLOUD = "temporal_cloud_v1_"
_CLOUD_NAMES = {
    "service_requests": "service_request_count",
    "service_errors": "service_error_count",
    # A server counts there what a rate limit turns away. On Temporal Cloud, resource_exhausted_error_count leaves out
    # just what the limits of a namespace do.
    "service_errors_resource_exhausted": "service_request_throttled_count",
    "service_pending_requests": "service_pending_requests",
    "service_latency": "service_latency",
    "workflow_success": "workflow_success_count",
    "workflow_failed": "workflow_failed_count",
    "workflow_timeout": "workflow_timeout_count",
    "workflow_cancel": "workflow_cancel_count",
    "workflow_terminate": "workflow_terminate_count",
    "workflow_continued_as_new": "workflow_continued_as_new_count",
    "approximate_backlog_count": "approximate_backlog_count",
    "poll_success": "poll_success_count",
    "poll_success_sync": "poll_success_sync_count",
    "poll_timeouts": "poll_timeout_count",
    "no_poller_tasks": "no_poller_tasks_count",
    "schedule_action_success": "schedule_action_success_count",
    "schedule_buffer_overruns": "schedule_buffer_overruns_count",
    "schedule_missed_catchup_window": "schedule_missed_catchup_window_count",
    "schedule_rate_limited": "schedule_rate_limited_count",
    "action_limit": "action_limit",
    "operations_limit": "operations_limit",
    "poller_limit": "poller_limit",
    "service_request_limit": "service_request_limit",
}
_CLOUD_LABELS = (
    LabelSpelling("namespace", "temporal_namespace"),
    LabelSpelling("taskqueue", "temporal_task_queue"),
    LabelSpelling("task_type", "task_type", lower_case=True),
    LabelSpelling("workflow_type", "temporal_workflow_type"),
    LabelSpelling("operation", "operation"),
    LabelSpelling("region", "region"),
    LabelSpelling("temporal_account", "temporal_account"),
)

# First bucket bounds: a server's timers begin at one millisecond, an SDK's request latency at fifty.
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        "server-native",
        Emitter.SERVER,
        "A server with its default reporter: bare names, timers in seconds",
        first_timer_bound=0.001,
    ),
    Dialect(
        "server-opentelemetry",
        Emitter.SERVER,
        "A server with framework: opentelemetry: suffixes, timers in milliseconds",
        counter="{name}_total",
        timer="{name}_milliseconds",
        timer_scale=0.001,
        count_histogram="{name}_ratio",
        byte_histogram="{name}_bytes",
        raw_label_values=True,
    ),
    Dialect(
        "server-opentelemetry-seconds",
        Emitter.SERVER,
        "A server with framework: opentelemetry and recordTimerInSeconds",
        counter="{name}_total",
        timer="{name}_seconds",
        count_histogram="{name}_ratio",
        byte_histogram="{name}_bytes",
        raw_label_values=True,
    ),
    Dialect(
        "server-opentelemetry-plain",
        Emitter.SERVER,
        "A server with framework: opentelemetry and withoutUnitSuffix",
        counter="{name}_total",
        timer_scale=0.001,
        first_timer_bound=1.0,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-milliseconds",
        Emitter.SDK,
        "SDK workers with default options: timers in milliseconds",
        timer_scale=0.001,
        first_timer_bound=50.0,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-seconds",
        Emitter.SDK,
        "SDK workers with durations as seconds",
        first_timer_bound=0.05,
        raw_label_values=True,
    ),
    Dialect(
        "sdk-seconds-suffixed",
        Emitter.SDK,
        "SDK workers with durations as seconds and suffixes for units and totals",
        counter="{name}_total",
        timer="{name}_seconds",
        raw_label_values=True,
    ),
    Dialect(
        "sdk-milliseconds-suffixed",
        Emitter.SDK,
        "SDK workers with suffixes for units and totals",
        counter="{name}_total",
        timer="{name}_milliseconds",
        timer_scale=0.001,
        raw_label_values=True,
    ),
    Dialect(
        "temporal-cloud-v1",
        Emitter.SERVER,
        "Temporal Cloud's OpenMetrics endpoint: rates and quantiles of the last minute, as gauges",
        aggregated=True,
        told_quantiles=((0.5, "_p50"), (0.95, "_p95"), (0.99, "_p99")),
        only_renamed=True,
        renames=tuple((name, _CLOUD + wire) for name, wire in _CLOUD_NAMES.items()),
        labels=_CLOUD_LABELS,
        implied_labels=(("service_name", "frontend"),),
        raw_label_values=True,
        # The endpoint's fixed offset, after which every data point is complete.
        lag=180.0,
    ),
)
