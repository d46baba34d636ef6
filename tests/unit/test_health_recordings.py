"""What the engine says about situations that were made on a real server.

The labels are the faults that were injected. Every recording goes through the real source, the real evaluators and
the real engine, from a fresh memory on, one cycle of five seconds after the other.
"""

from __future__ import annotations

from itertools import groupby

import attrs
import pytest

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Bottleneck, Decision, Progress
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.memory import Memory
from sre_copilot_hookspecs import Band, HealthState, Mode
from tests.replay import observations, replay
from tests.rules import BUILTIN, reason
from tests.situation_files import Situation, load

HAPPY, STRESSED, CRITICAL, UNKNOWN = (
    HealthState.HAPPY,
    HealthState.STRESSED,
    HealthState.CRITICAL,
    HealthState.UNKNOWN,
)
SERVER = frozenset({"frontend", "history", "matching", "persistence"})
EVERYBODY = SERVER | {"workers", "workload"}
SETTLED = 3
"""Cycles until everything a new fault shows has been seen: rates look back four cycles."""


@attrs.frozen
class Label:
    """What the injected fault itself implies."""

    situation: str
    states: frozenset[HealthState]
    """At the end of the fault."""
    cause: str
    innocent: frozenset[str]
    bottleneck: frozenset[Bottleneck]


def label(
    situation: str, states: set[HealthState], cause: str, innocent: frozenset[str], *bottleneck: Bottleneck
) -> object:
    made = Label(situation, frozenset(states), cause, innocent, frozenset(bottleneck))
    # One process reads a recording once for all tests about it.
    return pytest.param(made, id=situation, marks=pytest.mark.xdist_group(f"situation-{situation}"))


def named(situation: str) -> object:
    return pytest.param(situation, id=situation, marks=pytest.mark.xdist_group(f"situation-{situation}"))


WORKER, ON_SERVER, NOBODY = Bottleneck.WORKER, Bottleneck.SERVER, Bottleneck.NONE

LABELS = [
    label("idle", {HAPPY}, "none", EVERYBODY, NOBODY),
    label("steady", {HAPPY}, "none", EVERYBODY, NOBODY),
    label("burst", {HAPPY}, "none", EVERYBODY, NOBODY),
    label("worker_restarted", {HAPPY}, "none", EVERYBODY, NOBODY),
    label("deletion", {HAPPY}, "none", EVERYBODY, NOBODY),
    label("recovering", {CRITICAL}, "no_workers", SERVER, WORKER),
    label("never_polled", {CRITICAL}, "no_workers", SERVER, WORKER),
    label("slots_exhausted", {CRITICAL}, "workers_saturated", SERVER, WORKER),
    label("failing_workflows", {STRESSED, CRITICAL}, "application_failures", SERVER | {"workers"}, NOBODY),
    label("failing_tasks", {CRITICAL}, "application_failures", SERVER | {"workers"}, NOBODY),
    label("overloaded", {STRESSED, CRITICAL}, "overload", frozenset({"persistence"}), *Bottleneck),
    label("slow_persistence", {STRESSED}, "persistence_slow", frozenset({"workers"}), ON_SERVER),
    label("persistence_unavailable", {CRITICAL}, "persistence_failing", frozenset({"workers"}), ON_SERVER),
    label("rate_limited", {STRESSED, CRITICAL}, "throttled", frozenset({"workers", "persistence"}), ON_SERVER),
    label("server_paused_then_resumed", {CRITICAL}, "frontend_unreachable", frozenset({"workers"}), ON_SERVER),
    label("saturated_host", {STRESSED, CRITICAL}, "overload", frozenset({"workers"}), *Bottleneck),
]
HEALTHY = ("idle", "steady", "burst", "deletion", "worker_restarted")
COMING_BACK = ("recovering", "server_paused_then_resumed", "failing_tasks")


def during(situation: Situation, decisions: list[Decision]) -> list[Decision]:
    """The decisions made while the fault lasted."""
    return decisions[situation.begins : situation.ends]


def runs(decisions: list[Decision]) -> list[HealthState]:
    """The states gone through, without those before anything is known."""
    return [state for state, _ in groupby(decision.state for decision in decisions) if state is not UNKNOWN]


@pytest.mark.parametrize("label", LABELS)
def test_the_fault_is_told_by_state_cause_and_bottleneck(label: Label) -> None:
    situation = load(label.situation)
    last = during(situation, replay(label.situation))[-1]
    assert last.state in label.states
    assert last.cause.key == label.cause
    assert last.bottleneck in label.bottleneck


@pytest.mark.parametrize("label", LABELS)
def test_no_innocent_is_convicted_in_any_cycle(label: Label) -> None:
    decisions = replay(label.situation)
    held_back = (Progress.BLOCKED, Progress.DEGRADED)
    convictions = [
        (number, decision.cause.key)
        for number, decision in enumerate(decisions)
        if decision.cause.service in label.innocent
    ] + [
        (number, actor.key)
        for number, decision in enumerate(decisions)
        for actor in decision.services
        if actor.key in label.innocent and actor.progress in held_back
    ]
    assert convictions == []


@pytest.mark.parametrize("label", LABELS)
def test_before_the_fault_everything_is_well_and_after_it_began_nothing_flaps(label: Label) -> None:
    situation = load(label.situation)
    decisions = replay(label.situation)
    assert set(runs(decisions[: situation.begins])) <= {HAPPY}
    gone_through = runs(during(situation, decisions))
    assert gone_through == sorted(gone_through, key=[HAPPY, STRESSED, CRITICAL].index)
    settled = during(situation, decisions)[-SETTLED:]
    assert {decision.cause.key for decision in settled} == {label.cause}


@pytest.mark.parametrize("situation", map(named, HEALTHY))
def test_a_healthy_cluster_is_happy_throughout(situation: str) -> None:
    decisions = replay(situation)
    assert runs(decisions) == [HAPPY]
    assert {decision.cause.key for decision in decisions} == {"none"}
    assert not [gate for decision in decisions for gate in decision.fired]


@pytest.mark.parametrize("situation", map(named, COMING_BACK))
def test_the_way_back_goes_step_by_step_and_names_the_old_cause(situation: str) -> None:
    recording, decisions = load(situation), replay(situation)
    assert runs(decisions) == [HAPPY, STRESSED, CRITICAL, STRESSED, HAPPY]
    after = decisions[recording.ends :]
    way_back = [decision for decision in after if decision.state is STRESSED]
    assert way_back
    assert all(decision.cause.carried for decision in way_back)
    assert {decision.cause.key for decision in way_back} == {decisions[recording.ends - 1].cause.key}


@pytest.mark.xdist_group("situation-recovering")
def test_a_backlog_that_falls_is_a_recovery() -> None:
    situation, decisions = load("recovering"), replay("recovering")
    first = next(decision for decision in decisions[situation.ends :] if decision.state is STRESSED)
    assert first.mode is Mode.RECOVERING
    assert "No workers, recovering." in reason(first)


@pytest.mark.xdist_group("situation-server_paused_then_resumed")
def test_a_frozen_server_is_never_happy_and_what_is_unknown_is_not_clear() -> None:
    situation, decisions = load("server_paused_then_resumed"), replay("server_paused_then_resumed")
    frozen = during(situation, decisions)
    assert HAPPY not in {decision.state for decision in frozen}
    assert {decision.mode for decision in frozen} == {Mode.BLIND}
    innocent = {actor.progress for decision in frozen for actor in decision.services if actor.key == "history"}
    assert innocent == {Progress.UNKNOWN}


@pytest.mark.xdist_group("situation-steady")
def test_metrics_that_vanish_are_stressed_after_the_blind_cycles_and_nobodys_fault() -> None:
    decisions = replay("steady", dark_from=8)
    assert runs(decisions) == [HAPPY, STRESSED]
    last = decisions[-1]
    assert (last.cause.key, last.cause.service, last.mode) == ("telemetry_lost", "telemetry", Mode.BLIND)
    assert last.visibility < BUILTIN.visibility.blind_below
    assert "primary signals can be read" in reason(last)
    assert last.bottleneck is Bottleneck.UNKNOWN
    dark = [decision.state for decision in decisions[8:]]
    assert dark.index(STRESSED) == BUILTIN.patience.blind - 1


@pytest.mark.xdist_group("situation-slow_persistence")
def test_a_slow_database_is_told_from_its_own_past_although_it_is_fast_enough_for_the_band() -> None:
    last = replay("slow_persistence")[-1]
    assert [gate.key for gate in last.fired] == ["persistence.latency_rise_stressed"]
    gate = last.fired[0]
    assert gate.value is not None
    assert gate.value > 10
    assert "times as long as they usually do" in reason(last)


BUSY_HOST = (
    "burst",
    "deletion",
    "failing_workflows",
    "never_polled",
    "recovering",
    "server_paused_then_resumed",
    "worker_restarted",
)


@pytest.mark.parametrize("situation", list(map(named, BUSY_HOST)))
def test_a_healthy_database_on_a_busy_host_is_no_slow_one(situation: str) -> None:
    """Even in the strictest band, where the least latency is worth a word."""
    strict = Engine.of(attrs.evolve(BUILTIN, fixed_band=Band.HIGH_THROUGHPUT))
    rises = [
        (number, gate.key)
        for number, decision in enumerate(replay(situation, engine=strict))
        for gate in decision.fired
        if gate.key == "persistence.latency_rise_stressed"
    ]
    assert rises == []


@pytest.mark.xdist_group("situation-slow_persistence")
def test_what_is_usual_survives_a_restart_in_every_cycle() -> None:
    engine, memory = Engine.of(BUILTIN), Memory()
    for observation, whole in zip(observations("slow_persistence"), replay("slow_persistence"), strict=True):
        decision = engine.decide(from_json(to_json(memory), Memory), observation)
        assert decision == whole
        memory = decision.memory


@pytest.mark.xdist_group("situation-slots_exhausted")
def test_a_full_house_is_named_with_its_kind_of_task_and_is_not_to_be_made_smaller() -> None:
    last = replay("slots_exhausted")[-1]
    rule = next(rule for rule in last.worker_rules if rule.key == "never_scale_down_at_zero")
    assert dict(rule.where) == {"task_queue": "orders", "worker_type": "ActivityWorker"}
    assert {dict(action.parameters).get("direction") for action in last.cause.actions} == {"up", None}


@pytest.mark.xdist_group("situation-recovering")
def test_the_way_to_critical_is_counted_where_it_can_be_seen() -> None:
    situation, decisions = load("recovering"), replay("recovering")
    counts = [decision.memory.critical_cycles for decision in during(situation, decisions)]
    first = next(number for number, decision in enumerate(during(situation, decisions)) if decision.state is CRITICAL)
    assert counts[first - 2 : first + 1] == [1, 2, 3]
    assert "2 of 3 cycles towards critical" in reason(during(situation, decisions)[first - 1])
