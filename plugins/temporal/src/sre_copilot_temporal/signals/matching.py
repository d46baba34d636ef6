"""Whether waiting work reaches a worker."""

from __future__ import annotations

from sre_copilot_hookspecs import LabelValue, SeriesFloor, Signal, Unit, Worst
from sre_copilot_temporal.metrics import SHORT, USER_NAMESPACE, USER_QUEUE, server_counter, server_gauge

QUEUE = ("namespace", "task_type", "taskqueue")
"""What tells two queues apart: the workflow and the activity side of one name are different queues."""
_OURS: dict[str, str | LabelValue] = {"namespace": USER_NAMESPACE, "taskqueue": USER_QUEUE}
_ADDED = server_counter("tasks_added", forwarded="false", **_OURS)
_DISPATCHED = server_counter("poll_success", **_OURS)
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

NO_POLLER_TASKS = Signal(
    key="matching.no_poller_tasks",
    category="amplifier",
    service="matching",
    unit=Unit.PER_SECOND,
    asks="How much work is added to queues that nobody has polled for minutes?",
    measure=server_counter("no_poller_tasks", **_OURS).rate(SHORT),
    note="The server starts counting about two minutes after the last poll.",
)
