"""The numbers behind the gates: starter, mid-scale, high-throughput, each with where it comes from."""

from __future__ import annotations

from sre_copilot_hookspecs import ScaleRule, Threshold, ThresholdProfile, Unit
from sre_copilot_temporal.signals import demand, history

_OPERATIONS = "operating experience with Temporal on Aurora DSQL"
_CHOSEN = "chosen from recordings of a real server in healthy and broken situations"


THROTTLED = 0.2
"""Refusals a second that are more than a moment at a limit."""


def _same(key: str, unit: Unit, value: float, source: str) -> Threshold:
    return Threshold.everywhere(key, unit, value, source=source)


_PROGRESS = (
    _same("matching.dispatch_ratio_critical", Unit.RATIO, 0.3, _CHOSEN + ": exhausted slots let 12 % through"),
    _same("matching.dispatch_ratio_stressed", Unit.RATIO, 0.9, _CHOSEN + ": healthy ones stay within 5 % of 1"),
    _same("matching.nobody_polls", Unit.RATIO, 0.02, "a single straggler's poll is not work being done"),
    _same("history.completion_ratio_critical", Unit.RATIO, 0.3, _CHOSEN),
    _same("history.completion_ratio_stressed", Unit.RATIO, 0.8, _CHOSEN + ": failing workflow tasks cost 7 %"),
    Threshold("matching.backlog_growth_stressed", Unit.PER_SECOND, 1, 3, 30, _CHOSEN + ", scaled with the band"),
    Threshold("matching.backlog_age_critical", Unit.SECONDS, 600, 300, 300, _OPERATIONS),
    Threshold("matching.backlog_age_stressed", Unit.SECONDS, 120, 60, 30, _OPERATIONS),
    Threshold("matching.backlog_age_healthy", Unit.SECONDS, 120, 60, 30, _OPERATIONS),
)

_SERVED = (
    _same("frontend.reachable_least", Unit.COUNT, 0.5, "half-way between no and yes"),
    _same("canary.success_least", Unit.COUNT, 0.5, "half-way between no and yes"),
    _same("frontend.error_share_critical", Unit.RATIO, 0.5, "most requests fail"),
    _same("frontend.error_share_stressed", Unit.RATIO, 0.05, _CHOSEN),
    _same("frontend.start_acceptance_critical", Unit.RATIO, 0.3, _CHOSEN),
    _same("frontend.start_acceptance_stressed", Unit.RATIO, 0.9, _CHOSEN),
    Threshold("frontend.latency_p99_stressed", Unit.SECONDS, 5, 2, 1, _OPERATIONS),
    _same("frontend.throttled", Unit.PER_SECOND, THROTTLED, _CHOSEN + ": a healthy cluster turns nobody away"),
)

_ENGINE = (
    Threshold("history.backlog_age_critical", Unit.SECONDS, 600, 300, 300, _OPERATIONS),
    Threshold("history.backlog_age_stressed", Unit.SECONDS, 120, 60, 30, _OPERATIONS),
    Threshold("history.state_transitions_critical", Unit.PER_SECOND, 0.5, 3, 5, _OPERATIONS),
    Threshold("history.task_rate_critical", Unit.PER_SECOND, 0.5, 3, 5, _OPERATIONS),
    Threshold("history.task_error_share_high", Unit.RATIO, 0.2, 0.2, 0.2, _CHOSEN),
    Threshold("history.shard_churn_stressed", Unit.PER_SECOND, 0.5, 1, 5, _OPERATIONS + ", tightened for few shards"),
    Threshold("persistence.latency_p99_stressed", Unit.SECONDS, 0.5, 0.2, 0.1, _OPERATIONS),
    Threshold("persistence.latency_noticeable", Unit.SECONDS, 0.1, 0.04, 0.02, "a fifth of what is too slow for all"),
    _same(
        "persistence.latency_p95_noticeable",
        Unit.SECONDS,
        0.02,
        "recordings of healthy databases on a host shared with others: up to 0.017 s",
    ),
    _same(
        "persistence.latency_rise_stressed",
        Unit.RATIO,
        5,
        "recordings: load and a shared host make up to 4 times of a healthy one, a slow disk 24 times",
    ),
    Threshold("history.transition_latency_p99_stressed", Unit.SECONDS, 2, 1, 0.5, _OPERATIONS),
    _same("persistence.some_errors", Unit.PER_SECOND, 0.1, "one in ten seconds: so that a single one is no share"),
    _same("persistence.error_share_critical", Unit.RATIO, 0.3, _CHOSEN),
    _same("persistence.error_share_stressed", Unit.RATIO, 0.01, _CHOSEN),
)

_WORKLOAD = (
    _same("workflows.success_share_critical", Unit.RATIO, 0.3, _OPERATIONS),
    _same("workflows.success_share_stressed", Unit.RATIO, 0.85, _OPERATIONS),
    _same("workflows.success_share_healthy", Unit.RATIO, 0.85, _OPERATIONS),
    _same("workflows.task_failure_share_high", Unit.RATIO, 0.1, "sound code fails none"),
    _same("workers.none", Unit.COUNT, 0.5, "half-way between none and one"),
    _same("workers.sticky_hits_least", Unit.RATIO, 0.5, _OPERATIONS),
    _same("workers.some_evictions", Unit.PER_SECOND, 0.1, "so that workflows new to a worker are no misses"),
    _same("workers.pollers_per_slot_most", Unit.RATIO, 1, "a poller without a slot asks for work nobody can take"),
    Threshold("workflows.many_running", Unit.COUNT, 1000, 10000, 100000, "more stay with their worker than it starts"),
)

_DEMAND = (
    _same("demand.some_tasks", Unit.PER_SECOND, 0.2, "a task every five seconds: enough to expect progress"),
    _same("demand.some_starts", Unit.PER_SECOND, 0.2, "as for tasks"),
    _same("demand.some_requests", Unit.PER_SECOND, 0.5, "so that one failed request is not a wave of errors"),
    Threshold("demand.some_closes", Unit.PER_SECOND, 0.5, 3, 5, _OPERATIONS),
    Threshold("demand.floor_tasks", Unit.PER_SECOND, 2, 10, 20, "four times the floors on transitions"),
    _same("demand.risen", Unit.RATIO, 2, "twice the usual is another load, not its fluctuation"),
    _same("demand.idle_tasks", Unit.PER_SECOND, 0.02, "two tasks in two minutes are nobody's load"),
    _same("demand.idle_starts", Unit.PER_SECOND, 0.02, "as for tasks"),
    _same("demand.idle_backlog", Unit.COUNT, 0.5, "not a single waiting task"),
    Threshold("demand.some_backlog", Unit.COUNT, 10, 50, 500, "fewer are taken within a second or two"),
    _same("demand.any_backlog", Unit.COUNT, 0.5, "a single waiting task"),
    _same("demand.idle_signals", Unit.PER_SECOND, 0.02, "as for tasks"),
    _same("demand.idle_dispatched", Unit.PER_SECOND, 0.02, "as for tasks"),
    _same("matching.draining", Unit.PER_SECOND, 0.2, "a task every five seconds more than is added"),
    _same("server.all_up", Unit.RATIO, 0.999, "every process"),
    _same("server.none_up", Unit.RATIO, 0.001, "no process"),
    _same("history.busy_deleting", Unit.PER_SECOND, 5, _OPERATIONS),
    _same("history.busy_cleaning", Unit.PER_SECOND, 1, _OPERATIONS),
    _same("history.quiet_transitions", Unit.PER_SECOND, 5, _OPERATIONS),
)

THRESHOLD_PROFILES = (
    ThresholdProfile(
        "temporal",
        (*_PROGRESS, *_SERVED, *_ENGINE, *_WORKLOAD, *_DEMAND),
        ScaleRule(
            history.STATE_TRANSITIONS.key,
            mid_scale_from=50,
            high_throughput_from=500,
            demand=demand.TASKS_ADDED.key,
            # What adds a workflow task, its beginning and its end are one transition each.
            per_demand=3,
        ),
    ),
)
