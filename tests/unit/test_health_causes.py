"""The closed list of causes, each on readings built by hand, and how often anybody innocent is named.

One server on SQLite cannot produce contention on rows, exhausted connections, unstable shards or churn across
nodes: here is where those are tried, and nowhere live.
"""

from __future__ import annotations

from collections import Counter

import pytest

from sre_copilot.health.decision import Bottleneck, Decision, Progress
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import HealthState, MissingReason, Window
from tests.replay import find
from tests.rules import BUILTIN, DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, STEADY, observe, reason

CLOSED_LIST = {
    "no workers",
    "workers saturated",
    "overload",
    "persistence slow",
    "persistence failing",
    "contention",
    "connections exhausted",
    "shard instability",
    "throttled",
    "application failures",
    "deploy churn",
    "frontend unreachable",
    "telemetry lost",
}
CALM, LONG = 6, 6


def decided(changes: dict[str, float | None], *, missing: MissingReason = MissingReason.NO_DATA) -> list[Decision]:
    """A healthy beginning, then these changes, as long as any counter needs."""
    changed = {key: value for key, value in {**STEADY, **changes}.items() if value is not None}
    memory, decisions, readings = Memory(), [], []
    for cycle in range(CALM + LONG):
        fault = cycle >= CALM
        observed = observe(changed if fault else STEADY, cycle, missing=missing if fault else MissingReason.NO_DATA)
        readings.append(observed.reading)
        decisions.append(ENGINE.decide(memory, Observation(observed.reading, find(tuple(readings)))))
        memory = decisions[-1].memory
    return decisions


BUILT: list[tuple[str, dict[str, float | None], str]] = [
    ("no workers", {key: NO_WORKERS.get(key) for key in STEADY}, "workers"),
    ("workers saturated", {"workers.slots_available": 0.0, "matching.dispatch_ratio": 0.12}, "workers"),
    ("overload", {"matching.backlog_growth": 15.0, "matching.backlog_age": 61.0}, "matching"),
    ("persistence slow", {"persistence.latency_p99": 0.9}, "persistence"),
    ("persistence failing", {"persistence.errors": 9.0, "persistence.write_error_share": 0.6}, "persistence"),
    ("contention", {"dsql.conflicts": 80.0}, "dsql"),
    ("contention", {"dsql.conflicts_exhausted": 2.0}, "dsql"),
    ("contention", {"history.busy_workflows": 5.0}, "history"),
    ("contention", {"history.lock_failures": 5.0}, "history"),
    ("connections exhausted", {"dsql.pool_used": 1.0, "dsql.checkout_p95": 0.6}, "dsql"),
    ("connections exhausted", {"dsql.empty": 3.0}, "dsql"),
    ("shard instability", {"history.shard_churn": 6.0}, "history"),
    ("throttled", {"frontend.resource_exhausted": 3.0, "matching.dispatch_ratio": 0.4}, "frontend"),
    ("throttled", {"persistence.resource_exhausted": 3.0}, "frontend"),
    ("application failures", {"workflows.success_share": 0.5}, "workload"),
    (
        "application failures",
        {"workflows.task_failure_share": 0.6, "history.completion_ratio": 0.5},
        "workload",
    ),
    (
        "application failures",
        {"workflows.activity_failure_share": 0.9, "workflows.activity_tasks_failed": 5.0},
        "workload",
    ),
    ("deploy churn", {"server.up_share": 0.75}, "history"),
    ("deploy churn", {"deploy.membership_changes": 0.5}, "history"),
    ("frontend unreachable", {"frontend.reachable": 0.0}, "frontend"),
]


@pytest.mark.parametrize(("name", "changes", "service"), BUILT, ids=[f"{n}: {', '.join(c)[:60]}" for n, c, _ in BUILT])
def test_a_fault_has_its_cause_and_its_service(name: str, changes: dict[str, float | None], service: str) -> None:
    last = decided(changes)[-1]
    assert last.state is not HealthState.HAPPY
    assert (last.cause.name, last.cause.service) == (name, service)
    assert not last.cause.carried
    assert last.cause.actions


def test_lost_telemetry_has_its_cause() -> None:
    gone = {key: PROBED.get(key) for key in STEADY}
    last = decided(gone, missing=MissingReason.UNREACHABLE)[-1]
    assert last.cause.name == "telemetry lost"


def test_the_list_of_causes_is_closed_and_every_one_of_them_was_tried() -> None:
    assert {cause.name for cause in BUILTIN.causes} == CLOSED_LIST
    assert {name for name, _, _ in BUILT} | {"telemetry lost"} == CLOSED_LIST


LOOKS_BAD: dict[str, dict[str, float | None]] = {
    "nothing": {},
    "a long-running workload closes nothing": {"workflows.closes": 0.0, "workflows.success_share": None},
    "polls that find no work": {"matching.poll_timeout_share": 0.95},
    "no poll waits because all are answered at once": {"matching.pending_polls": 0.0},
    "a full house that keeps up": {"workers.slots_available": 0.0, "workers.slots_used_share": 1.0},
    "twice the usual load": {
        "demand.tasks_added": 60.0,
        "demand.workflow_starts": 12.0,
        "history.state_transitions": 180.0,
    },
    "misses of new workflows in the cache": {"history.cache_hit_ratio": 0.6},
    "a deployment of six processes": {"deploy.membership_changes": 0.04, "deploy.restarts": 6.0},
    "a hundred cancelled workflows": {"workflows.cancelled": 100.0},
    "a host that is a little slow": {"frontend.memory_latency": 0.2},
    "one worker less that nobody misses": {"workers.up": 0.0},
    "a queue nobody polls and nobody fills": {"workers.pollers": 0.0},
    "idle": {key: IDLE.get(key) for key in STEADY},
    "quantiles in a coarse bucket": {"workers.workflow_schedule_to_start_p95": 0.095},
    "a single failed write": {"persistence.errors": 0.02, "persistence.write_error_share": 0.2},
    "too few closes to speak of": {"workflows.closes": 0.2, "workflows.success_share": 0.0},
}


def test_nobody_is_convicted_where_nothing_is_wrong() -> None:
    """Every named cause here is an error; they are counted together, so that none hides behind another."""
    convictions = Counter(
        (why, decision.cause.name)
        for why, changes in LOOKS_BAD.items()
        for decision in decided(changes)
        if decision.cause.key != "none" or decision.state not in (HealthState.HAPPY, HealthState.UNKNOWN)
    )
    assert convictions == Counter()


def test_workflows_that_time_out_because_nobody_takes_them_are_not_the_applications_fault() -> None:
    last = decided(
        {**{key: NO_WORKERS.get(key) for key in STEADY}, "workflows.closes": 5.0, "workflows.success_share": 0.0}
    )[-1]
    assert last.cause.name == "no workers"


def test_locks_and_a_slow_database_are_the_echo_of_a_starved_host() -> None:
    starved = {
        "frontend.memory_latency": 0.4,
        "persistence.latency_p99": 0.9,
        "history.lock_failures": 5.0,
        "history.tasks_throttled": 5.0,
        "matching.dispatch_ratio": 0.5,
    }
    last = decided(starved)[-1]
    assert last.cause.name == "overload"
    workers = next(actor for actor in last.services if actor.key == "workers")
    assert workers.progress is Progress.OK


def test_a_busy_workflow_is_contention_and_no_rate_limit() -> None:
    """The server counts both as exhausted resources; a raised limit would not help here."""
    last = decided({"frontend.resource_exhausted": 0.0, "frontend.error_share": 0.1, "history.busy_workflows": 6.0})[-1]
    assert last.cause.name == "contention"


def test_dsql_is_an_actor_where_it_is_seen_and_none_where_it_is_not() -> None:
    assert "dsql" not in {actor.key for actor in decided({})[-1].services}
    seen = {actor.key: actor for actor in decided({"dsql.pool_used": 0.3})[-1].services}
    assert seen["dsql"].progress is Progress.OK
    given_up = decided({"dsql.pool_used": 0.3, "dsql.conflicts_exhausted": 2.0})[-1]
    assert {actor.key: actor.progress for actor in given_up.services}["dsql"] is Progress.DEGRADED
    assert given_up.bottleneck is Bottleneck.SERVER


def test_expected_oddities_are_told_where_they_belong() -> None:
    idle = decided({key: IDLE.get(key) for key in STEADY})[-1]
    matching = next(actor for actor in idle.services if actor.key == "matching")
    assert any("Polls wait" in sentence for sentence in matching.expected)


def test_the_remembered_cause_is_named_on_the_calm_step_and_marked() -> None:
    memory, decisions = Memory(), []
    for cycle, values in enumerate([STEADY] * 2 + [NO_WORKERS] * 4 + [DRAINING] * 2 + [STEADY] * 3):
        decisions.append(ENGINE.decide(memory, observe(values, cycle)))
        memory = decisions[-1].memory
    way_back = [decision for decision in decisions[6:] if decision.state is HealthState.STRESSED]
    assert len(way_back) == 3
    assert all(decision.cause.key == "no_workers" and decision.cause.carried for decision in way_back)
    assert reason(way_back[-1]).startswith("No workers, recovering. Calm for 1 of 2 cycles")
    assert decisions[-1].cause.key == "none"


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("never_scale_down_at_zero", {"workers.slots_available": 0.0}),
        ("sticky_queues", {"workflows.running": 200000.0}),
        ("restart_to_redistribute", {"workers.sticky_hit_ratio": 0.3, "workers.sticky_evictions": 3.0}),
        ("workflow_pollers_beyond_slots", {"workers.workflow_pollers_per_slot": 1.5}),
        ("activity_pollers_beyond_slots", {"workers.activity_pollers_per_slot": 1.5}),
    ],
)
def test_a_worker_rule_holds_for_its_own_fact_alone(rule: str, changes: dict[str, float | None]) -> None:
    assert [held.key for held in decided(changes)[-1].worker_rules] == [rule]
    assert decided({})[-1].worker_rules == ()


def test_what_cannot_be_read_is_no_worker_rule() -> None:
    """Resource-based slot suppliers never export free slots: that is not none of them."""
    assert decided({"workers.slots_available": None})[-1].worker_rules == ()


def test_an_evaluator_sees_a_window_and_nothing_else() -> None:
    assert find((observe(STEADY).reading,)) == ()
    assert Window((observe(STEADY).reading,)).latest.value("frontend.reachable") == 1


ECHO = {**STEADY, "frontend.latency_p99": 20.0}
"""Long windows still hold the requests that hung while the frontend was away."""


def test_the_echo_of_an_outage_convicts_nobody_new() -> None:
    gone = {"frontend.reachable": 0.0}
    memory, decisions = Memory(), []
    story = [STEADY] * 2 + [gone] * 4 + [ECHO] * 4 + [STEADY] * 3
    for cycle, values in enumerate(story):
        missing = MissingReason.UNREACHABLE if values is gone else MissingReason.NO_DATA
        decisions.append(ENGINE.decide(memory, observe(values, cycle, missing=missing)))
        memory = decisions[-1].memory
    assert {decision.cause.key for decision in decisions[2:-2]} == {"frontend_unreachable"}
    assert decisions[-1].state is HealthState.HAPPY


def test_an_echo_that_does_not_end_is_a_cause_of_its_own() -> None:
    gone = {"frontend.reachable": 0.0}
    memory = Memory()
    for cycle, values in enumerate([STEADY] * 2 + [gone] * 4 + [ECHO] * (BUILTIN.patience.aftermath + 1)):
        decision = ENGINE.decide(memory, observe(values, cycle))
        memory = decision.memory
    assert (decision.cause.key, decision.cause.carried) == ("overload", False)


def test_rates_that_still_show_the_fault_do_not_name_another() -> None:
    """The workers are back, and the last twenty seconds together still look bad: nobody is overloaded."""
    back = {**STEADY, "matching.dispatch_ratio": 0.2, "matching.backlog_growth": 4.0}
    memory, decisions = Memory(), []
    for cycle, values in enumerate([STEADY] * 2 + [NO_WORKERS] * 4 + [back] * 8):
        decisions.append(ENGINE.decide(memory, observe(values, cycle)))
        memory = decisions[-1].memory
    lingering = BUILTIN.patience.lingering
    assert {decision.cause.key for decision in decisions[2 : 6 + lingering]} == {"no_workers"}
    assert decisions[-1].cause.key == "overload"
