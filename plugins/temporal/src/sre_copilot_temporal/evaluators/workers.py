"""Pressure on workers, and work that waits for them."""

from __future__ import annotations

import itertools

from sre_copilot_hookspecs import Direction, Finding, Findings, Pressure, Threshold, Unit, Window
from sre_copilot_temporal.evaluators.limits import ENOUGH_TASKS, Condition, Limit
from sre_copilot_temporal.signals import demand, matching, workers, workflows

SATURATION = Limit(
    "temporal.slots_nearly_full",
    Pressure.NOTICE,
    "workers",
    workers.SLOTS_USED_SHARE,
    0.9,
    "the share of free slots at which operators of workers begin to add some is a tenth",
    "{value:.0%} of the task slots are busy in the fullest task queue.",
    "Add workers before the last slot is taken.",
    readings=3,
)

SYNC_MATCH = Limit(
    "temporal.work_meets_no_waiting_worker",
    Pressure.NOTICE,
    "matching",
    matching.SYNC_MATCH_SHARE,
    0.5,
    "a healthy queue hands nearly all of its work to a poll that waits already",
    "Only {value:.0%} of the work meets a poll that waits for it.",
    "Add pollers or workers where slots are free; otherwise see why polls do not come back.",
    Direction.BELOW,
    readings=3,
    when=(Condition(demand.TASKS_ADDED, ENOUGH_TASKS),),
)


ACTIVITY_FAILURES = Limit(
    "temporal.activities_fail",
    Pressure.PRESSURE,
    "workload",
    workflows.ACTIVITY_FAILURE_SHARE,
    0.5,
    "most attempts: more than a dependency that hiccups",
    "{value:.0%} of the attempts at activities fail.",
    "Show the owners of these activities what they fail on.",
    readings=3,
    when=(
        Condition(
            workflows.ACTIVITY_TASKS_FAILED,
            Threshold.everywhere(
                "temporal.enough_activity_failures", Unit.PER_SECOND, 0.5, source="of fewer a share says little"
            ),
        ),
    ),
)


class BacklogDepth:
    """More work waits than would be done in a while, and it grows."""

    key = "temporal.backlog"
    finds = ("temporal.backlog_is_deep",)
    limits = (
        Threshold.everywhere(
            "temporal.backlog_is_deep",
            Unit.SECONDS,
            30.0,
            source="time that the waiting work would take: a cycle's worth does not go away by the next look",
        ),
    )
    _READINGS = 4

    def evaluate(self, window: Window) -> Findings:
        """A finding while the backlog has grown through the last readings and is worth a cycle of work."""
        depths = [reading.value(matching.BACKLOG.key) for reading in window.readings[-self._READINGS :]]
        depth, done = depths[-1], window.latest.value(matching.TASKS_DISPATCHED.key)
        known = [each for each in depths if each is not None]
        if depth is None or done is None or len(known) < self._READINGS:
            return Findings()
        grows = known[0] < known[-1] and all(a <= b for a, b in itertools.pairwise(known))
        if not grows or depth < max(1.0, done) * window.limit(self.limits[0]):
            return Findings()
        evidence = ((matching.BACKLOG.key, depth), (matching.TASKS_DISPATCHED.key, done))
        says = f"{depth:.0f} tasks wait, {depth / max(1.0, done):.0f} s of the work that gets done, and they grow."
        return Findings(
            (
                Finding(
                    self.finds[0],
                    Pressure.PRESSURE,
                    "matching",
                    says,
                    evidence,
                    "See whether workers have free slots: if not add workers, if so look at the server.",
                ),
            )
        )


class ClosesBehindStarts:
    """Fewer workflows end than begin. Long-running ones are normal, so it is worth no more than a line."""

    key = "temporal.closes"
    finds = ("temporal.closes_behind_starts",)
    limits = (
        Threshold.everywhere("temporal.closes_behind_starts", Unit.RATIO, 0.5, source="under half is no chance"),
        Threshold.everywhere("temporal.enough_starts", Unit.PER_SECOND, 0.2, source="one in five seconds"),
    )
    _READINGS = 6

    def evaluate(self, window: Window) -> Findings:
        """A notice while in each of the last readings too small a share closed of what was started."""
        last = window.readings[-self._READINGS :]
        pairs = [(r.value(demand.WORKFLOW_STARTS.key), r.value(workflows.CLOSES.key)) for r in last]
        share, enough = (window.limit(threshold) for threshold in self.limits)
        for started, closed in pairs:
            if started is None or closed is None or started < enough or closed >= started * share:
                return Findings()
        started, closed = pairs[-1]
        if len(last) < self._READINGS or started is None or closed is None:
            return Findings()
        return Findings(
            (
                Finding(
                    self.finds[0],
                    Pressure.NOTICE,
                    "workload",
                    f"{started:.1f} workflows start and {closed:.1f} end each second.",
                    ((demand.WORKFLOW_STARTS.key, started), (workflows.CLOSES.key, closed)),
                    "Nothing, if these workflows are meant to run for long.",
                ),
            )
        )


EVALUATORS = (
    SATURATION,
    SYNC_MATCH,
    ACTIVITY_FAILURES,
    BacklogDepth(),
    ClosesBehindStarts(),
)
