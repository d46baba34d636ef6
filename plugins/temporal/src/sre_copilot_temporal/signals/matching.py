"""Whether waiting work reaches a worker."""

from __future__ import annotations

from sre_copilot_hookspecs import LabelValue, SeriesFloor, Signal, Unit, Worst
from sre_copilot_temporal.metrics import (
    LONG,
    SHORT,
    USER_NAMESPACE,
    USER_QUEUE,
    server_counter,
    server_gauge,
    server_timer,
)

QUEUE = ("namespace", "task_type", "taskqueue")
"""What tells two queues apart: the workflow and the activity side of one name are different queues."""
MOST_QUEUES = 30
"""Queues of which a gate judges the worst: a cycle's reading has to stay small, and the worst come first."""
_OURS: dict[str, str | LabelValue] = {"namespace": USER_NAMESPACE, "taskqueue": USER_QUEUE}
_ADDED = server_counter("tasks_added", forwarded="false", **_OURS)
_DISPATCHED = server_counter("poll_success", **_OURS)
_TIMEOUTS = server_counter("poll_timeouts", **_OURS).rate(SHORT)
# A task every five seconds: below that a ratio over two minutes says more about chance than about workers.
_BUSY = SeriesFloor(_ADDED.rate(SHORT, by=QUEUE), at_least=0.2)

DISPATCH_RATIO = Signal(
    key="matching.dispatch_ratio",
    category="primary",
    service="matching",
    unit=Unit.RATIO,
    asks="Is work taken by workers as fast as it is added, in the worst task queue?",
    measure=_DISPATCHED.rate(SHORT, by=QUEUE) / _ADDED.rate(SHORT, by=QUEUE),
    dimensions=QUEUE,
    worst=Worst.LOWEST,
    cap=MOST_QUEUES,
    floor=_BUSY,
)

BACKLOG_GROWTH = Signal(
    key="matching.backlog_growth",
    category="primary",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How fast does waiting work pile up, in the worst task queue?",
    measure=_ADDED.rate(SHORT, by=QUEUE) - _DISPATCHED.rate(SHORT, by=QUEUE),
    dimensions=QUEUE,
    worst=Worst.HIGHEST,
    cap=MOST_QUEUES,
    note="Live, unlike the backlog gauges, which the server refreshes once a minute.",
)

DRAIN = Signal(
    key="matching.drain",
    category="primary",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="By how much does progress exceed demand, all queues together?",
    measure=_DISPATCHED.rate(SHORT) - _ADDED.rate(SHORT),
)

TASKS_DISPATCHED = Signal(
    key="matching.tasks_dispatched",
    category="primary",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much work do workers take?",
    measure=_DISPATCHED.rate(SHORT),
    note="Activities that a worker starts eagerly bypass the queues and are counted on neither side.",
)

BACKLOG = Signal(
    key="matching.backlog",
    category="primary",
    service="matching",
    unit=Unit.COUNT,
    asks="How many tasks wait?",
    probe="temporal_api",
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=MOST_QUEUES,
)

BACKLOG_AGE = Signal(
    key="matching.backlog_age",
    category="primary",
    service="matching",
    unit=Unit.SECONDS,
    asks="How long has the oldest task waited, in the worst task queue?",
    probe="temporal_api",
    dimensions=QUEUE,
    worst=Worst.HIGHEST,
    cap=MOST_QUEUES,
)

API_ADD_RATE = Signal(
    key="matching.api_add_rate",
    category="amplifier",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much new work does the API count, sticky queues left out?",
    probe="temporal_api",
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=15,
)

API_DISPATCH_RATE = Signal(
    key="matching.api_dispatch_rate",
    category="amplifier",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much of it does the API see dispatched?",
    probe="temporal_api",
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=15,
)

SYNC_MATCH_SHARE = Signal(
    key="matching.sync_match_share",
    category="amplifier",
    service="matching",
    unit=Unit.RATIO,
    asks="Which share of work meets a waiting worker at once?",
    measure=server_counter("poll_success_sync", **_OURS).rate(SHORT) / _DISPATCHED.rate(SHORT),
)

PENDING_POLLS = Signal(
    key="matching.pending_polls",
    category="amplifier",
    service="matching",
    unit=Unit.COUNT,
    asks="How many polls wait for work?",
    measure=server_gauge("pending_polls", namespace=USER_NAMESPACE, taskqueue=USER_QUEUE).sum(),
    note="Zero means that nobody polls, or that every poll is answered at once, or that all slots are busy.",
)

POLL_TIMEOUT_SHARE = Signal(
    key="matching.poll_timeout_share",
    category="amplifier",
    service="matching",
    unit=Unit.RATIO,
    asks="Which share of polls ends without work?",
    measure=_TIMEOUTS / (_TIMEOUTS + _DISPATCHED.rate(SHORT)),
    note="Says that there are more pollers than work, not that something is wrong; a third is normal.",
)

LONG_POLL_LATENCY_P95 = Signal(
    key="matching.long_poll_latency_p95",
    category="amplifier",
    service="matching",
    unit=Unit.SECONDS,
    asks="How long do polls wait for work?",
    measure=server_timer("poll_latency", forwarded="false", **_OURS).quantile(0.95, over=LONG),
)

BACKLOG_GAUGE = Signal(
    key="matching.backlog_gauge",
    category="amplifier",
    service="matching",
    unit=Unit.COUNT,
    asks="How many tasks wait by the server's metrics?",
    measure=server_gauge("approximate_backlog_count", unit=Unit.COUNT, **_OURS).sum(by=QUEUE),
    dimensions=QUEUE,
    worst=Worst.SUM,
    cap=15,
    note="A staircase: the server refreshes it once a minute, and not before a queue's first minute is over.",
)

WORKFLOW_BACKLOG_AGE = Signal(
    key="matching.workflow_backlog_age",
    category="amplifier",
    service="matching",
    unit=Unit.SECONDS,
    asks="How long has the oldest workflow task waited by the server's metrics?",
    measure=server_gauge("approximate_backlog_age_seconds", unit=Unit.SECONDS, task_type="Workflow", **_OURS).max(),
    note="Refreshed once a minute; matching.backlog_age asks the server itself.",
)

ACTIVITY_BACKLOG_AGE = Signal(
    key="matching.activity_backlog_age",
    category="amplifier",
    service="matching",
    unit=Unit.SECONDS,
    asks="How long has the oldest activity task waited by the server's metrics?",
    measure=server_gauge("approximate_backlog_age_seconds", unit=Unit.SECONDS, task_type="Activity", **_OURS).max(),
    note="Refreshed once a minute. Activities that workers start eagerly never wait here.",
)

SCHEDULE_TO_START_P95 = Signal(
    key="matching.schedule_to_start_p95",
    category="amplifier",
    service="history",
    unit=Unit.SECONDS,
    asks="How long do tasks wait for a worker, as the server sees it?",
    measure=server_timer("task_schedule_to_start_latency", **_OURS).quantile(0.95, over=LONG),
    note="Buckets are wide: 110 s reads as 170 s. Only tasks that were taken are in it.",
)

NO_POLLER_TASKS = Signal(
    key="matching.no_poller_tasks",
    category="amplifier",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much work is added to queues that nobody has polled for minutes?",
    measure=server_counter("no_poller_tasks", **_OURS).rate(SHORT),
    note="The server starts counting about two minutes after the last poll.",
)
