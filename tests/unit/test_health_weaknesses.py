"""What an earlier system got wrong about health, each as a test that it does not happen here."""

from __future__ import annotations

import pytest

from sre_copilot.health.bands import next_band
from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Bottleneck, Decision, Outcome
from sre_copilot.health.memory import Memory
from sre_copilot.health.resolve import resolve
from sre_copilot_hookspecs import Band, DeclarationError, HealthState, Level, MissingReason, Mode, Sample
from tests.rules import BUILTIN, ENGINE, IDLE, NO_WORKERS, STEADY, builtin_declarations, observe
from tests.worlds import lose

GONE = MissingReason.UNREACHABLE


def story(*parts: tuple[dict[str, float], int], missing: MissingReason = MissingReason.NO_DATA) -> list[Decision]:
    memory, decisions = Memory(), []
    for cycle, values in enumerate(part for part, cycles in parts for _ in range(cycles)):
        decisions.append(ENGINE.decide(memory, observe(values, cycle, missing=missing)))
        memory = decisions[-1].memory
    return decisions


LARGE = {
    **STEADY,
    "history.state_transitions": 600.0,
    "demand.tasks_added": 200.0,
    "demand.workflow_tasks_added": 200.0,
}


def test_a_collapse_from_600_to_40_with_work_waiting_loosens_no_threshold() -> None:
    collapsed = {
        **LARGE,
        "history.state_transitions": 40.0,
        "matching.dispatch_ratio": 0.06,
        "history.completion_ratio": 0.06,
        "matching.backlog": 9000.0,
    }
    decisions = story((LARGE, 2), (collapsed, 60))
    numbers = {tuple(gate.threshold for gate in decision.gates) for decision in decisions}
    assert len(numbers) == 1
    assert decisions[-1].state is HealthState.CRITICAL


def test_a_collapse_that_no_gate_sees_loosens_no_threshold_while_demand_stays() -> None:
    """Transitions fall and everything else looks well: demand alone keeps the band where it was."""
    unseen = {**LARGE, "history.state_transitions": 40.0}
    decisions = story((LARGE, 2), (unseen, 60))
    assert {decision.state for decision in decisions} == {HealthState.HAPPY}
    assert {decision.band for decision in decisions} == {Band.HIGH_THROUGHPUT}


def test_a_band_falls_with_lasting_low_demand() -> None:
    quiet = {**STEADY, "history.state_transitions": 20.0, "demand.tasks_added": 7.0}
    assert story((LARGE, 2), (quiet, 60))[-1].band is Band.STARTER


@pytest.mark.parametrize("lost", ["history.state_transitions", "demand.tasks_added"])
def test_what_tells_the_scale_and_is_lost_is_not_zero(lost: str) -> None:
    quiet = {**STEADY, "history.state_transitions": 20.0, "demand.tasks_added": 7.0}
    dark = {key: value for key, value in quiet.items() if key != lost}
    memory = story((LARGE, 2))[-1].memory
    for cycle in range(2, 60):
        decision = ENGINE.decide(memory, observe(dark, cycle, missing=GONE))
        memory = decision.memory
    assert decision.band is Band.HIGH_THROUGHPUT
    assert next_band(BUILTIN.scale, Band.HIGH_THROUGHPUT, None, 19, calm=True) == (Band.HIGH_THROUGHPUT, 19)
    assert next_band(BUILTIN.scale, Band.STARTER, 60, 0, calm=True, asked=None) == (Band.MID_SCALE, 0)


def test_the_band_of_the_deployment_profile_holds_whatever_the_load() -> None:
    engine = Engine.of(resolve(builtin_declarations(), band=Band.MID_SCALE))
    for values in (LARGE, IDLE, STEADY):
        assert engine.decide(Memory(), observe(values)).band is Band.MID_SCALE


def test_a_monitoring_outage_looks_neither_idle_nor_happy() -> None:
    decisions = story((IDLE, 1), missing=MissingReason.NO_DATA)
    for cycle in range(1, 6):
        decisions.append(ENGINE.decide(decisions[-1].memory, observe({}, cycle, missing=GONE)))
    assert decisions[0].mode is Mode.IDLE
    assert {decision.mode for decision in decisions[1:]} == {Mode.BLIND}
    assert decisions[-1].state is HealthState.STRESSED


def test_a_total_outage_looks_neither_idle_nor_happy() -> None:
    decisions = story((IDLE, 1))
    for cycle in range(1, 6):
        dead = observe({"frontend.reachable": 0.0}, cycle, missing=GONE)
        decisions.append(ENGINE.decide(decisions[-1].memory, dead))
    assert decisions[-1].state is HealthState.CRITICAL


@pytest.mark.parametrize(
    "asked", ["demand.tasks_added", "demand.start_requests", "demand.signals", "matching.tasks_dispatched"]
)
def test_any_demand_at_all_is_not_idle_however_little_is_done(asked: str) -> None:
    """The fixed limit of five transitions a second hid every floor of a small cluster."""
    assert story((IDLE, 1))[-1].mode is Mode.IDLE
    assert story(({**IDLE, asked: 0.4}, 1))[-1].mode is not Mode.IDLE


def test_low_throughput_on_a_small_cluster_is_judged_and_not_called_idle() -> None:
    small = {
        **NO_WORKERS,
        "demand.tasks_added": 0.5,
        "demand.workflow_tasks_added": 0.5,
        "history.state_transitions": 1.0,
    }
    last = story((STEADY, 1), (small, 4))[-1]
    assert (last.mode, last.state) == (Mode.NORMAL, HealthState.CRITICAL)


@pytest.mark.parametrize("reason", [MissingReason.NOT_EMITTED, MissingReason.NO_DATA])
def test_slots_that_nobody_tells_of_do_not_make_workers_the_bottleneck(reason: MissingReason) -> None:
    unknown = {key: value for key, value in STEADY.items() if key != "workers.slots_available"}
    slow = {**unknown, "persistence.latency_p99": 0.9}
    last = story((unknown, 2), (slow, 3), missing=reason)[-1]
    assert last.bottleneck is Bottleneck.SERVER


def test_every_critical_gate_has_a_recovery_margin() -> None:
    critical = [gate for gate in BUILTIN.gates if gate.level is Level.CRITICAL]
    assert critical
    assert all(gate.recovery is not None for gate in critical)


@pytest.mark.parametrize(
    ("signal", "critical", "near", "clear"),
    [
        ("frontend.error_share", 0.6, 0.45, 0.3),
        ("workflows.success_share", 0.2, 0.4, 0.6),
        ("history.completion_ratio", 0.1, 0.4, 0.6),
        ("persistence.error_share", 0.5, 0.25, 0.1),
    ],
)
def test_error_and_completion_shares_leave_critical_only_past_their_margin(
    signal: str, critical: float, near: float, clear: float
) -> None:
    decisions = story(
        (STEADY, 1), ({**STEADY, signal: critical}, 4), ({**STEADY, signal: near}, 4), ({**STEADY, signal: clear}, 1)
    )
    states = [decision.state for decision in decisions]
    assert states[4:9] == [HealthState.CRITICAL] * 5
    assert states[-1] is HealthState.STRESSED


def test_an_idle_reading_does_not_jump_from_critical_to_happy() -> None:
    states = [decision.state for decision in story((STEADY, 1), (NO_WORKERS, 4), (IDLE, 2))]
    assert states[-3:] == [HealthState.CRITICAL, HealthState.STRESSED, HealthState.HAPPY]


def test_a_cluster_whose_workers_are_all_gone_is_never_happy() -> None:
    decisions = story((STEADY, 1), (NO_WORKERS, 5))
    assert HealthState.HAPPY not in {decision.state for decision in decisions[1:]}


def test_evidence_services_and_bottleneck_use_the_thresholds_that_decided() -> None:
    """An override moves the state and everything that is said about it, together."""
    strict = Engine.of(resolve(builtin_declarations(), overrides={"persistence.latency_p99_stressed": 0.005}))
    decision = strict.decide(Memory(), observe(STEADY))
    gate = next(gate for gate in decision.gates if gate.key == "persistence.latency_p99_stressed")
    assert (gate.outcome, gate.threshold) == (Outcome.FIRED, 0.005)
    assert decision.state is HealthState.STRESSED
    assert decision.bottleneck is Bottleneck.SERVER
    persistence = next(actor for actor in decision.services if actor.key == "persistence")
    assert gate.key in persistence.facts
    assert ENGINE.decide(Memory(), observe(STEADY)).state is HealthState.HAPPY


def test_waiting_work_alone_is_enough_to_speak() -> None:
    old = {**STEADY, "matching.backlog": 40.0, "matching.backlog_age": 400.0}
    assert story((STEADY, 1), (old, 4))[-1].state is HealthState.CRITICAL


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_no_number_at_all_is_refused_and_never_counts_as_zero(value: float) -> None:
    with pytest.raises(DeclarationError):
        Sample(value)


def test_a_band_moves_one_step_a_cycle_and_not_within_its_margin() -> None:
    for here, value, there in [
        (Band.STARTER, 54.9, Band.STARTER),
        (Band.STARTER, 55.0, Band.MID_SCALE),
        (Band.STARTER, 5000.0, Band.MID_SCALE),
        (Band.MID_SCALE, 549.0, Band.MID_SCALE),
        (Band.MID_SCALE, 550.0, Band.HIGH_THROUGHPUT),
        (Band.MID_SCALE, 45.0, Band.MID_SCALE),
        (Band.MID_SCALE, 44.9, Band.STARTER),
        (Band.HIGH_THROUGHPUT, 449.0, Band.MID_SCALE),
        (Band.HIGH_THROUGHPUT, 1.0, Band.MID_SCALE),
    ]:
        assert next_band(BUILTIN.scale, here, value, BUILTIN.scale.fall_cycles - 1, calm=True)[0] is there


def test_zero_slots_that_are_told_of_do_make_workers_the_bottleneck() -> None:
    """The counterpart: the gauge exists and says that every slot is busy."""
    full = {**STEADY, "workers.slots_available": 0.0, "matching.dispatch_ratio": 0.1, "matching.backlog": 500.0}
    assert story((STEADY, 2), (full, 4))[-1].bottleneck is Bottleneck.WORKER


def test_housekeeping_rests_only_the_floors_under_the_throughput() -> None:
    quiet = {**STEADY, "history.state_transitions": 0.2, "history.task_rate": 0.2, "history.deletion_rate": 20.0}
    failing = {
        **quiet,
        "persistence.errors": 80.0,
        "persistence.error_share": 0.6,
        "persistence.write_error_share": 0.6,
    }
    busy, broken = story((STEADY, 1), (quiet, 4)), story((STEADY, 1), (failing, 4))
    assert (busy[-1].mode, busy[-1].state) == (Mode.SYSTEM_BUSY, HealthState.HAPPY)
    assert (broken[-1].mode, broken[-1].state) == (Mode.SYSTEM_BUSY, HealthState.CRITICAL)


def test_one_full_kind_of_worker_is_not_hidden_by_the_other_kind() -> None:
    """Pollers beyond slots are judged for workflow tasks and for activities, never for their sum."""
    keys = ("workers.workflow_pollers_per_slot", "workers.activity_pollers_per_slot")
    judged = {gate.signal for gate in BUILTIN.gates if gate.key.endswith("pollers_beyond_slots")}
    assert judged == set(keys)
    for beyond, fine in (keys, keys[::-1]):
        decision = ENGINE.decide(Memory(), observe({**STEADY, beyond: 5.0, fine: 0.1}))
        assert {rule.key for rule in decision.worker_rules}, beyond


def test_the_counter_towards_critical_survives_a_change_of_band() -> None:
    growing = {**NO_WORKERS, "history.state_transitions": 80.0}
    decisions = story((STEADY, 1), ({**NO_WORKERS, "history.state_transitions": 40.0}, 2), (growing, 1))
    assert [decision.memory.critical_cycles for decision in decisions[-2:]] == [2, 3]
    assert decisions[-1].state is HealthState.CRITICAL


def test_empty_polls_are_no_stress() -> None:
    assert story(({**STEADY, "matching.poll_timeout_share": 0.99}, 4))[-1].state is HealthState.HAPPY


def test_quiet_is_not_proven_idle_while_a_gate_objects() -> None:
    last = story((IDLE, 3), ({**IDLE, "server.up_share": 0.5}, 1))[-1]
    assert (last.mode, last.state) == (Mode.NORMAL, HealthState.STRESSED)


def test_quiet_is_not_proven_idle_while_something_is_out_of_sight() -> None:
    """From Stressed an idle cluster is Happy at once, so a signal that is lost must not make it look idle."""
    half_down = {**IDLE, "server.up_share": 0.5}
    memory = story((IDLE, 3), (half_down, 2))[-1].memory
    dark = lose(observe(IDLE, 5), ["persistence.error_share"], MissingReason.UNREACHABLE)
    unseen = ENGINE.decide(memory, dark)
    assert (unseen.mode, unseen.state) == (Mode.NORMAL, HealthState.STRESSED)
    seen = ENGINE.decide(memory, observe(IDLE, 5))
    assert (seen.mode, seen.state) == (Mode.IDLE, HealthState.HAPPY)
