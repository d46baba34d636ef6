"""Situations that nobody recorded: a modelled cluster lives through them, and the real evaluators and engine decide.

Labels say what was done to the cluster. Times are cycles of 30 seconds.
"""

from __future__ import annotations

from itertools import groupby

import attrs
import pytest

from sre_copilot.health.decision import Decision, Progress
from sre_copilot_hookspecs import HealthState, MissingReason, Mode
from tests.cluster_model import Cluster, Queue, Weather, decide_all
from tests.rules import BUILTIN, reason

HAPPY, STRESSED, CRITICAL, UNKNOWN = (
    HealthState.HAPPY,
    HealthState.STRESSED,
    HealthState.CRITICAL,
    HealthState.UNKNOWN,
)
SERVER = frozenset({"frontend", "history", "matching", "persistence"})
EVERYBODY = SERVER | {"workers", "workload"}
METRICS = (
    "demand.",
    "history.",
    "matching.d",
    "matching.t",
    "matching.backlog_g",
    "persistence.",
    "server.",
    "workflows.",
)
FRONTEND_METRICS = ("frontend.e", "frontend.l", "frontend.s", "frontend.requests")


def queue(name: str = "orders", kind: str = "Workflow", rate: float = 20.0, capacity: float = 60.0) -> Queue:
    return Queue(name, kind, rate, capacity)


def dead(name: str = "orders", kind: str = "Workflow", rate: float = 20.0) -> Queue:
    return Queue(name, kind, rate, 0.0, pollers=0, slots=None)


def lasting(cycles: int, *queues: Queue, **more: object) -> Weather:
    return Weather(queues or WORKING, cycles, **more)  # type: ignore[arg-type]


WORKING = (queue(), queue(kind="Activity", rate=5.0, capacity=30.0))
THREE = (queue(), queue("payments", rate=2.0, capacity=20.0), queue("mail", rate=5.0))
RARE = queue(rate=1 / 60, capacity=10.0)
RARELY: dict[str, float] = {"starts": 1 / 180, "signals": 0.0}
LARGE = {"starts": 60.0}
SLOW = {"persistence.latency_p99": 0.3, "persistence.latency_p95": 0.15, "history.transition_latency_p99": 0.7}
REFUSED = {"persistence.errors": 40.0, "persistence.write_error_share": 0.6, "persistence.error_share": 0.3}
MOVING = {
    "server.up_share": 0.83,
    "deploy.membership_changes": 0.05,
    "deploy.restarts": 3.0,
    "history.shard_churn": 2.0,
}
RETRIED = {"workflows.activity_failure_share": 0.8, "workflows.activity_tasks_failed": 20.0}


@attrs.frozen
class Story:
    """What happens to a cluster, and what follows from it whatever anybody decides."""

    name: str
    before: Weather
    fault: tuple[Weather, ...]
    after: Weather | None
    worst: frozenset[HealthState]
    """The states one of which is the worst there may be, and must be reached."""
    causes: frozenset[str]
    """Those that may be named at any time; one of them must be, where there are any."""
    innocent: frozenset[str] = frozenset()
    way: tuple[HealthState, ...] | None = None
    """The states gone through, where only one way is right."""


def story(
    name: str,
    before: Weather,
    fault: tuple[Weather, ...],
    after: Weather | None,
    worst: set[HealthState],
    causes: set[str],
    innocent: frozenset[str] = frozenset(),
) -> Story:
    return Story(name, before, fault, after, frozenset(worst), frozenset(causes), innocent)


NORMAL = lasting(6)
STORIES = [
    story(
        "one of three queues loses its workers while the others are busy",
        lasting(6, *THREE),
        (lasting(8, queue(), dead("payments", rate=2.0), queue("mail", rate=5.0)),),
        lasting(14, *THREE),
        {CRITICAL},
        {"no_workers"},
        SERVER,
    ),
    story(
        "only the activity workers die",
        NORMAL,
        (lasting(8, queue(), dead(kind="Activity", rate=5.0)),),
        lasting(14),
        {CRITICAL},
        {"no_workers"},
        SERVER,
    ),
    story(
        "all workers die where nobody scrapes workers",
        lasting(6, workers_up=None),
        (lasting(8, dead(), dead(kind="Activity", rate=5.0), workers_up=None),),
        lasting(20, workers_up=None),
        {CRITICAL},
        {"no_workers"},
        SERVER,
    ),
    story(
        "one task a minute and nobody left to take it",
        lasting(8, RARE, **RARELY),
        (lasting(40, attrs.evolve(RARE, capacity=0.0, pollers=0, slots=None), workers_up=0, **RARELY),),
        lasting(12, RARE, **RARELY),
        {CRITICAL},
        {"no_workers"},
        SERVER,
    ),
    story(
        "workers poll on and have no slot left",
        NORMAL,
        (lasting(8, Queue("orders", "Workflow", 20.0, 2.0, slots=0), WORKING[1]),),
        lasting(20),
        {CRITICAL},
        {"workers_saturated"},
        SERVER,
    ),
    story(
        "a namespace's limit turns polls away",
        NORMAL,
        (
            lasting(
                10,
                queue(capacity=8.0),
                queue(kind="Activity", rate=5.0, capacity=2.0),
                facts={"frontend.resource_exhausted": 6.0, "frontend.error_share": 0.12},
            ),
        ),
        lasting(20),
        {STRESSED, CRITICAL},
        {"throttled"},
        frozenset({"workers", "persistence", "history"}),
    ),
    story(
        "three times the load on workers that bear six times",
        NORMAL,
        (lasting(3, queue(rate=55.0), WORKING[1], starts=15.0),),
        lasting(8),
        {HAPPY},
        set(),
        EVERYBODY,
    ),
    story(
        "a minute of twice what the workers can do",
        NORMAL,
        (lasting(2, queue(rate=120.0), WORKING[1], starts=35.0),),
        lasting(12),
        {HAPPY, STRESSED},
        {"overload"},
        frozenset({"persistence", "frontend", "history"}),
    ),
    story(
        "a server that starts, and its first load",
        lasting(2, lost=(*METRICS, *FRONTEND_METRICS), reason=MissingReason.WARMING_UP),
        (lasting(3, queue(rate=0.01), starts=0.0, signals=0.0), lasting(6, queue(rate=2.0), starts=0.5, signals=0.0)),
        lasting(8),
        {HAPPY},
        set(),
        EVERYBODY,
    ),
    story(
        "the only server process restarts within a minute",
        NORMAL,
        (
            lasting(2, facts={"frontend.reachable": 0.0}, lost=(*METRICS, *FRONTEND_METRICS, "matching.backlog")),
            lasting(1, lost=(*METRICS, *FRONTEND_METRICS), reason=MissingReason.WARMING_UP),
        ),
        lasting(8),
        {STRESSED},
        {"frontend_unreachable", "telemetry_lost"},
        frozenset({"workers", "persistence", "history", "workload"}),
    ),
    story(
        "a namespace is deleted with all that ran in it",
        NORMAL,
        (
            lasting(
                12,
                dead(rate=0.0),
                starts=0.0,
                signals=0.0,
                workers_up=0,
                facts={"history.deletion_rate": 30.0, "history.state_transitions": 2.0},
            ),
        ),
        lasting(10, dead(rate=0.0), starts=0.0, signals=0.0, workers_up=0),
        {HAPPY},
        set(),
        EVERYBODY,
    ),
    story(
        "workflows that are meant to run for months",
        NORMAL,
        (lasting(25, close_share=0.0),),
        None,
        {HAPPY},
        set(),
        EVERYBODY,
    ),
    story(
        "one task a minute", lasting(8, RARE, **RARELY), (lasting(30, RARE, **RARELY),), None, {HAPPY}, set(), EVERYBODY
    ),
    story(
        "producers of six hundred transitions a second stop for the night",
        lasting(8, queue(rate=250.0, capacity=500.0), **LARGE),
        (lasting(30, queue(rate=0.0), starts=0.0, signals=0.0),),
        lasting(8, queue(rate=250.0, capacity=500.0), **LARGE),
        {HAPPY},
        set(),
        EVERYBODY,
    ),
    story(
        "the history processes cannot be scraped",
        NORMAL,
        (lasting(12, lost=("history.",), facts={"server.up_share": 0.75}),),
        lasting(8),
        {STRESSED},
        {"deploy_churn"},
        frozenset({"workers", "persistence", "workload"}),
    ),
    story(
        "half of the frontends are down behind a load balancer",
        NORMAL,
        (lasting(10, facts={"server.up_share": 0.875, "frontend.error_share": 0.08}),),
        lasting(8),
        {STRESSED},
        {"deploy_churn"},
        frozenset({"workers", "persistence", "workload"}),
    ),
    story(
        "a collector repeats its last answer for ever",
        NORMAL,
        (lasting(10, age=500.0),),
        lasting(8),
        {STRESSED},
        {"telemetry_lost"},
        EVERYBODY,
    ),
    story("clocks a minute and a half apart", NORMAL, (lasting(10, age=90.0),), lasting(8), {HAPPY}, set(), EVERYBODY),
    story(
        "activities fail and are tried again and again",
        NORMAL,
        (lasting(10, queue(), queue(kind="Activity", rate=25.0, capacity=60.0), facts=RETRIED),),
        lasting(8),
        {STRESSED},
        {"application_failures"},
        SERVER | {"workers"},
    ),
    story(
        "workflow code that cannot be replayed",
        NORMAL,
        (lasting(8, facts={"workflows.task_failure_share": 0.75, "history.completion_ratio": 0.25}),),
        lasting(8),
        {CRITICAL},
        {"application_failures"},
        SERVER | {"workers"},
    ),
    story(
        "a rolling deployment of the server",
        NORMAL,
        (lasting(6, facts={**MOVING, "frontend.error_share": 0.02, "history.transition_latency_p99": 0.4}),),
        lasting(8, facts={"deploy.restarts": 6.0}),
        {STRESSED},
        {"deploy_churn"},
        frozenset({"workers", "persistence", "workload"}),
    ),
    story(
        "one history process crashes again and again",
        NORMAL,
        (lasting(20, facts={**MOVING, "deploy.membership_changes": 0.2, "deploy.restarts": 9.0}),),
        lasting(8),
        {STRESSED},
        {"deploy_churn"},
        frozenset({"workers", "persistence", "workload"}),
    ),
    story(
        "a deployment restarts every worker at once",
        NORMAL,
        (lasting(1, dead(), dead(kind="Activity", rate=5.0), workers_up=0),),
        lasting(12),
        {STRESSED},
        {"no_workers"},
        SERVER,
    ),
    story(
        "a database fails over within a minute",
        NORMAL,
        (
            lasting(2, queue(capacity=10.0), queue(kind="Activity", rate=5.0, capacity=3.0), facts=REFUSED),
            lasting(2, facts={**REFUSED, "persistence.write_error_share": 0.2, "persistence.error_share": 0.1}),
        ),
        lasting(12),
        {STRESSED, CRITICAL},
        {"persistence_failing"},
        frozenset({"workers", "workload"}),
    ),
    story(
        "a large cluster's database becomes slow",
        lasting(8, queue(rate=250.0, capacity=500.0), **LARGE),
        (lasting(10, queue(rate=250.0, capacity=500.0), facts=SLOW, **LARGE),),
        lasting(10, queue(rate=250.0, capacity=500.0), **LARGE),
        {STRESSED},
        {"persistence_slow"},
        frozenset({"workers", "workload"}),
    ),
    story(
        "a slow database beside workers that died: the dead are what stops the work",
        NORMAL,
        (lasting(10, dead(), dead(kind="Activity", rate=5.0), workers_up=0, facts=SLOW),),
        lasting(24),
        {CRITICAL},
        {"no_workers", "persistence_slow"},
        frozenset({"frontend", "workload"}),
    ),
    story(
        "the endpoints of the workers cannot be scraped",
        NORMAL,
        (lasting(12, workers_up=None, lost=("workers.up", "workers.slots")),),
        lasting(8),
        {HAPPY},
        set(),
        EVERYBODY,
    ),
]


def told(story: Story) -> tuple[list[Decision], int, int]:
    """The decisions, and where the fault begins and ends."""
    after = (story.after,) if story.after is not None else ()
    decisions = decide_all((story.before, *story.fault, *after))
    begins = story.before.cycles
    return decisions, begins, begins + sum(weather.cycles for weather in story.fault)


def ways(decisions: list[Decision]) -> list[HealthState]:
    return [state for state, _ in groupby(decision.state for decision in decisions) if state is not UNKNOWN]


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_the_fault_is_told_and_nobody_else_is_blamed(story: Story) -> None:
    decisions, begins, ends = told(story)
    assert set(ways(decisions[:begins])) <= {HAPPY}
    fault = decisions[begins:ends]
    assert max((decision.state for decision in fault), key=[UNKNOWN, HAPPY, STRESSED, CRITICAL].index) in story.worst
    named = {decision.cause.key for decision in decisions} - {"none"}
    assert named <= story.causes
    assert named or not story.causes or story.worst & {HAPPY}
    blamed = {decision.cause.service for decision in decisions if decision.cause.key != "none"}
    held_back = {
        actor.key
        for decision in decisions
        for actor in decision.services
        if actor.progress in (Progress.BLOCKED, Progress.DEGRADED)
    }
    # A dead queue's own echoes count against its service, never against one that has no part in it.
    assert (blamed | held_back) & story.innocent == frozenset()
    assert all(decision.cause.key != "none" for decision in decisions if decision.state in (STRESSED, CRITICAL))


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_it_gets_worse_once_and_better_once(story: Story) -> None:
    decisions, _, _ = told(story)
    way = ways(decisions)
    if story.after is not None:
        assert way[-1] is HAPPY
    worst = max(range(len(way)), key=lambda at: [HAPPY, STRESSED, CRITICAL].index(way[at]))
    order = [HAPPY, STRESSED, CRITICAL].index
    assert way[: worst + 1] == sorted(way[: worst + 1], key=order)
    assert way[worst:] == sorted(way[worst:], key=order, reverse=True)


def test_a_dead_queue_is_named_among_those_that_work() -> None:
    decisions, _, ends = told(STORIES[0])
    worst = decisions[ends - 1]
    assert "to payments (Workflow) in default" in reason(worst)
    assert worst.memory.critical_cycles >= BUILTIN.patience.critical


def test_nobody_looks_idle_while_one_task_a_minute_waits() -> None:
    story = next(each for each in STORIES if each.name.startswith("one task a minute and"))
    decisions, begins, ends = told(story)
    assert {decision.mode for decision in decisions[begins + WAITS : ends]} == {Mode.NORMAL}


WAITS = 2
"""Cycles until the first task after the last worker's death has come and waits."""


def test_the_model_counts_tasks_as_a_cluster_does() -> None:
    cluster = Cluster()
    cluster.live(lasting(4, queue(rate=10.0, capacity=10.0)))
    steady = cluster.readings[-1]
    assert steady.value("matching.dispatch_ratio") == pytest.approx(1.0)
    cluster.live(lasting(4, dead(rate=10.0)))
    broken = cluster.readings[-1]
    assert broken.value("matching.dispatch_ratio") == 0.0
    assert broken.value("matching.backlog") == pytest.approx(10.0 * 120)
    assert broken.value("matching.backlog_age") == pytest.approx(90.0)
    cluster.live(lasting(1, queue(rate=10.0, capacity=25.0)))
    draining = cluster.readings[-1]
    assert draining.value("matching.backlog") == pytest.approx(10.0 * 150 - 25.0 * 30)
    assert draining.value("matching.tasks_dispatched") == pytest.approx(25.0 / 4)
