"""Pressure on the server's processes and their hosts, and limits that turn work away."""

from __future__ import annotations

import itertools

from sre_copilot_hookspecs import Finding, Findings, Pressure, Threshold, Unit, Window
from sre_copilot_temporal.evaluators.limits import Limit
from sre_copilot_temporal.signals import frontend, persistence, runtime, throttling
from sre_copilot_temporal.thresholds import THROTTLED

GC_PAUSES = Limit(
    "temporal.runtime_pauses",
    Pressure.PRESSURE,
    "frontend",
    runtime.GC_PAUSE_P99,
    0.1,
    "operating experience; a healthy process pauses for milliseconds",
    "Garbage collection stops a process for {value:.2f} s.",
    "Give the processes more memory or CPU; see what grows in them.",
)

RATE_LIMITS = Limit(
    "temporal.requests_are_turned_away",
    Pressure.NOTICE,
    "frontend",
    frontend.RESOURCE_EXHAUSTED,
    THROTTLED,
    "as for the gate on them",
    "A limit turns away {value:.1f} requests a second.",
    "See which limit it is, and whether clients or pollers ask more than they need.",
)

TASKS_THROTTLED = Limit(
    "temporal.internal_tasks_are_throttled",
    Pressure.PRESSURE,
    "history",
    throttling.TASKS_THROTTLED,
    1.0,
    "one each second is more than a moment at a limit",
    "A limit holds back {value:.1f} of the engine's own tasks a second.",
    "Raise the limits of the engine's queues, if the database has room for it.",
)

DATABASE_LIMIT = Limit(
    "temporal.database_limit_is_reached",
    Pressure.PRESSURE,
    "persistence",
    persistence.RESOURCE_EXHAUSTED,
    THROTTLED,
    "as for requests",
    "A limit turns away {value:.1f} database operations a second.",
    "Raise the server's limit on database operations, if the database has room for it.",
)

DEPLOY_CHURN = Limit(
    "temporal.membership_keeps_changing",
    Pressure.PRESSURE,
    "history",
    runtime.MEMBERSHIP_CHANGES,
    0.1,
    "thirty changes in five minutes; a rolling deployment of six processes makes twelve",
    "The ring of services changes {value:.2f} times a second.",
    "Find the processes that come and go: crashes, failing health checks, an autoscaler that swings.",
)

RESTARTS = Limit(
    "temporal.services_restarted",
    Pressure.NOTICE,
    "frontend",
    runtime.RESTARTS,
    1.0,
    "a single start is worth a line",
    "{value:.0f} services started in the last ten minutes.",
    "Nothing, during a deployment.",
    readings=1,
)


HOST = Limit(
    "temporal.host_is_starved",
    # By itself no harm: it tells what else is only the echo of it.
    Pressure.NOTICE,
    "frontend",
    frontend.MEMORY_LATENCY,
    0.1,
    "a process that gets its time answers from memory in a few milliseconds",
    "Requests that need no database take {value:.2f} s: the processes get too little time.",
    "Look at the hosts: CPU limits, throttling, neighbours. Give the services more CPU.",
    readings=1,  # of minutes already
)


class Goroutines:
    """A process whose goroutines keep multiplying holds on to requests that do not end."""

    key = "temporal.goroutines"
    finds = ("temporal.goroutines_multiply",)
    limits = (
        Threshold.everywhere(
            "temporal.goroutines_multiply", Unit.RATIO, 2.0, source="twice as many, rising all the way, is no chance"
        ),
    )
    _READINGS = 10

    def evaluate(self, window: Window) -> Findings:
        """A notice while the busiest process has that many times as many as ten readings ago, rising all the way."""
        counts = window.values(runtime.GOROUTINES.key)[-self._READINGS :]
        rising = all(a <= b for a, b in itertools.pairwise(counts))
        if len(counts) < self._READINGS or not rising or counts[-1] < counts[0] * window.limit(self.limits[0]):
            return Findings()
        says = f"The busiest process went from {counts[0]:.0f} to {counts[-1]:.0f} goroutines."
        remedy = "Look for requests that wait: a slow database, a peer that does not answer."
        evidence = ((runtime.GOROUTINES.key, counts[-1]),)
        return Findings((Finding(self.finds[0], Pressure.NOTICE, "frontend", says, evidence, remedy),))


EVALUATORS = (
    GC_PAUSES,
    RATE_LIMITS,
    TASKS_THROTTLED,
    DATABASE_LIMIT,
    DEPLOY_CHURN,
    RESTARTS,
    Goroutines(),
    HOST,
)
