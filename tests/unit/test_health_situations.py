"""The engine in the situations that matter, cycle by cycle."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.decision import Bottleneck, Decision, Outcome, Progress
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot_hookspecs import Band, Finding, HealthState, MissingReason, Mode, Pressure
from tests.rules import DRAINING, ENGINE, IDLE, NO_WORKERS, PROBED, STEADY, observe, reason

HAPPY, STRESSED, CRITICAL, UNKNOWN = (
    HealthState.HAPPY,
    HealthState.STRESSED,
    HealthState.CRITICAL,
    HealthState.UNKNOWN,
)


def decide_all(*observations: Observation, memory: Memory | None = None) -> list[Decision]:
    memory = memory or Memory()
    decisions = []
    for observation in observations:
        decisions.append(ENGINE.decide(memory, observation))
        memory = decisions[-1].memory
    return decisions


def story(*parts: tuple[dict[str, float], int], missing: MissingReason = MissingReason.NO_DATA) -> list[Decision]:
    values = [part for part, cycles in parts for _ in range(cycles)]
    return decide_all(*(observe(each, cycle, missing=missing) for cycle, each in enumerate(values)))


def states(decisions: list[Decision]) -> list[HealthState]:
    return [decision.state for decision in decisions]


def test_a_steady_cluster_is_happy_and_nobody_is_to_blame() -> None:
    decision = story((STEADY, 5))[-1]
    assert decision.state is HAPPY
    assert decision.cause.key == "none"
    assert decision.bottleneck is Bottleneck.NONE
    assert decision.visibility == 1.0
    assert not decision.fired


def test_dead_workers_go_through_stressed_to_critical_with_no_workers_as_cause() -> None:
    decisions = story((STEADY, 3), (NO_WORKERS, 4))
    assert states(decisions)[3:] == [STRESSED, STRESSED, CRITICAL, CRITICAL]
    worst = decisions[-1]
    assert worst.cause.name == "no workers"
    assert worst.bottleneck is Bottleneck.WORKER
    innocent = {service.key: service.progress for service in worst.services if service.key != "workers"}
    assert set(innocent.values()) == {Progress.OK}
    assert reason(worst).startswith("No workers. ")


def test_the_way_to_critical_can_be_seen() -> None:
    decisions = story((STEADY, 2), (NO_WORKERS, 2))
    assert [decision.memory.critical_cycles for decision in decisions] == [0, 0, 1, 2]
    assert "2 of 3 cycles towards critical" in reason(decisions[-1])


def test_recovery_names_the_old_cause_and_improves_one_step_at_a_time() -> None:
    decisions = story((STEADY, 1), (NO_WORKERS, 4), (DRAINING, 2), (STEADY, 3))
    draining = decisions[5]
    assert (draining.state, draining.mode) == (STRESSED, Mode.RECOVERING)
    assert draining.cause.key == "no_workers"
    assert draining.cause.carried
    assert states(decisions)[7:] == [STRESSED, HAPPY, HAPPY]


def test_one_bad_cycle_is_not_an_outage() -> None:
    decisions = story((STEADY, 2), (NO_WORKERS, 1), (STEADY, 4))
    assert CRITICAL not in states(decisions)
    assert decisions[-1].state is HAPPY


def test_an_unreachable_frontend_becomes_critical_although_nothing_else_can_be_read() -> None:
    gone = {"frontend.reachable": 0.0}
    decisions = decide_all(
        observe(STEADY, 0),
        *(observe(gone, cycle, missing=MissingReason.UNREACHABLE) for cycle in range(1, 5)),
    )
    assert states(decisions) == [HAPPY, STRESSED, STRESSED, CRITICAL, CRITICAL]
    assert decisions[-1].cause.key == "frontend_unreachable"


def test_lost_metrics_are_stressed_after_the_blind_cycles_and_say_so() -> None:
    decisions = decide_all(
        observe(STEADY, 0),
        *(observe(PROBED, cycle, missing=MissingReason.UNREACHABLE) for cycle in range(1, 5)),
    )
    assert states(decisions) == [HAPPY, HAPPY, HAPPY, STRESSED, STRESSED]
    assert decisions[-1].cause.key == "telemetry_lost"
    assert decisions[-1].mode is Mode.BLIND
    assert "primary signals can be read" in reason(decisions[-1])


def test_a_critical_cluster_does_not_recover_by_losing_its_metrics() -> None:
    critical = story((STEADY, 1), (NO_WORKERS, 3))[-1]
    assert critical.state is CRITICAL
    blind = decide_all(
        *(observe(PROBED, cycle, missing=MissingReason.UNREACHABLE) for cycle in range(4, 10)),
        memory=critical.memory,
    )
    assert set(states(blind)) == {CRITICAL}
    assert {decision.memory.critical_cycles for decision in blind} == {3}


def test_nothing_known_is_unknown_and_not_happy() -> None:
    first = decide_all(observe({}, 0, missing=MissingReason.WARMING_UP))[0]
    assert first.state is UNKNOWN
    assert first.visibility == 0.0


def test_an_idle_cluster_is_happy_at_once() -> None:
    decisions = story((IDLE, 2))
    assert states(decisions) == [HAPPY, HAPPY]
    assert decisions[-1].mode is Mode.IDLE


def test_lost_throughput_with_waiting_work_is_never_idle() -> None:
    stuck = {**IDLE, "matching.backlog": 500.0, "matching.backlog_age": 700.0}
    decisions = story((IDLE, 1), (stuck, 4))
    assert decisions[-1].mode is not Mode.IDLE
    assert decisions[-1].state is CRITICAL


def test_a_critical_cluster_that_falls_idle_still_takes_two_steps() -> None:
    decisions = story((STEADY, 1), (NO_WORKERS, 3), (IDLE, 2))
    assert states(decisions)[-3:] == [CRITICAL, STRESSED, HAPPY]


def test_saturated_workers_are_told_from_absent_ones() -> None:
    saturated = {**STEADY, "workers.slots_available": 0.0, "matching.dispatch_ratio": 0.12}
    decision = story((STEADY, 1), (saturated, 3))[-1]
    assert decision.state is CRITICAL
    assert decision.cause.key == "workers_saturated"
    assert {service.progress for service in decision.services if service.key != "workers"} == {Progress.OK}


def test_a_rate_limit_is_not_the_workers_fault() -> None:
    limited = {
        **STEADY,
        "frontend.resource_exhausted": 2.9,
        "frontend.error_share": 0.1,
        "matching.dispatch_ratio": 0.41,
        "matching.backlog_growth": 8.6,
    }
    decision = story((STEADY, 1), (limited, 3))[-1]
    assert decision.state is STRESSED
    assert decision.cause.key == "throttled"
    workers = next(service for service in decision.services if service.key == "workers")
    assert workers.progress is Progress.OK


def test_a_database_that_fails_fast_is_found_although_its_latency_is_perfect() -> None:
    locked = {
        **STEADY,
        "frontend.error_share": 0.96,
        "frontend.start_acceptance": 0.03,
        "persistence.error_share": 0.07,
        "persistence.latency_p99": 0.008,
        "demand.tasks_added": 0.0,
        "demand.workflow_tasks_added": 0.0,
    }
    for key in ("matching.dispatch_ratio", "history.completion_ratio", "workflows.success_share"):
        del locked[key]
    decision = story((STEADY, 1), (locked, 3))[-1]
    assert decision.state is CRITICAL
    assert decision.cause.key == "persistence_failing"


def test_failing_workflows_blame_the_application() -> None:
    decision = story((STEADY, 1), ({**STEADY, "workflows.success_share": 0.2}, 3))[-1]
    assert decision.state is CRITICAL
    assert decision.cause.key == "application_failures"
    assert decision.bottleneck is Bottleneck.NONE


def test_pressure_makes_happy_stressed_after_two_cycles_and_never_critical() -> None:
    finding = Finding(
        "temporal.tasks_are_retried",
        Pressure.PRESSURE,
        "history",
        "Retries.",
        (("history.task_attempts_p99", 9.0),),
        "Look.",
    )
    pressed = [attrs.evolve(observe(STEADY, cycle), findings=(finding,)) for cycle in range(1, 8)]
    decisions = decide_all(observe(STEADY, 0), *pressed)
    assert states(decisions)[:3] == [HAPPY, HAPPY, STRESSED]
    assert set(states(decisions)[3:]) == {STRESSED}


def test_a_collapse_loosens_no_threshold() -> None:
    large = {**STEADY, "history.state_transitions": 600.0, "demand.tasks_added": 200.0}
    collapsed = {**NO_WORKERS, "history.state_transitions": 40.0, "demand.tasks_added": 13.0}
    decisions = story((large, 2), (collapsed, 60))
    assert {decision.band for decision in decisions} == {Band.HIGH_THROUGHPUT}


def test_a_band_falls_only_after_lasting_calm_and_rises_at_once() -> None:
    small = {**STEADY, "history.state_transitions": 20.0, "demand.tasks_added": 7.0}
    decisions = story((STEADY, 2), (small, 25), ({**STEADY, "history.state_transitions": 56.0}, 1))
    bands = [decision.band for decision in decisions]
    assert bands[2:21] == [Band.MID_SCALE] * 19
    assert bands[21] is Band.STARTER
    assert bands[-1] is Band.MID_SCALE


@pytest.mark.parametrize("value", [54.9, 45.1])
def test_a_band_stays_within_its_hysteresis(value: float) -> None:
    inside = {**STEADY, "history.state_transitions": value}
    for start in (20.0, 75.0):
        decisions = story(({**STEADY, "history.state_transitions": start}, 1), (inside, 30))
        assert len({decision.band for decision in decisions}) == 1


NEARLY = {**STEADY, "matching.dispatch_ratio": 0.4}
"""Past the critical threshold of 30 %, and not past its recovery margin of 45 %."""


def test_critical_is_not_left_within_the_recovery_margin() -> None:
    decisions = story((STEADY, 1), (NO_WORKERS, 3), (NEARLY, 3), (STEADY, 1))
    assert states(decisions)[3:] == [CRITICAL, CRITICAL, CRITICAL, CRITICAL, STRESSED]
    assert reason(decisions[5]).endswith("under 90 %.")


@pytest.mark.parametrize("lost", ["matching.dispatch_ratio", "frontend.error_share", "matching.backlog_age"])
def test_critical_is_not_left_while_a_critical_gate_has_gone_dark(lost: str) -> None:
    """Everything looks well again, but one gate that could be read before cannot be read now."""
    critical = story((STEADY, 1), (NO_WORKERS, 3))[-1]
    dark = {key: value for key, value in STEADY.items() if key != lost}
    later = [observe(dark, cycle, missing=MissingReason.STALE) for cycle in range(4, 8)]
    assert set(states(decide_all(*later, memory=critical.memory))) == {CRITICAL}


def test_what_stays_dark_is_given_up_after_a_while() -> None:
    critical = story((STEADY, 1), (NO_WORKERS, 3))[-1]
    dark = {key: value for key, value in STEADY.items() if key != "matching.backlog_age"}
    later = [observe(dark, cycle, missing=MissingReason.STALE) for cycle in range(4, 34)]
    assert decide_all(*later, memory=critical.memory)[-1].state is HAPPY


def test_stressed_is_not_left_while_a_gate_has_gone_dark() -> None:
    slow = {**STEADY, "persistence.latency_p99": 0.4}
    stressed = story((STEADY, 1), (slow, 2))[-1]
    assert stressed.cause.key == "persistence_slow"
    dark = {key: value for key, value in STEADY.items() if key != "persistence.latency_p99"}
    later = [observe(dark, cycle, missing=MissingReason.UNREACHABLE) for cycle in range(3, 9)]
    assert set(states(decide_all(*later, memory=stressed.memory))) == {STRESSED}


def test_an_unknown_cycle_neither_advances_nor_resets_the_way_to_critical() -> None:
    decisions = decide_all(
        observe(STEADY, 0),
        observe(NO_WORKERS, 1),
        observe(NO_WORKERS, 2),
        observe({}, 3, missing=MissingReason.UNREACHABLE),
        observe(NO_WORKERS, 4),
    )
    assert [decision.memory.critical_cycles for decision in decisions] == [0, 1, 2, 2, 3]
    assert decisions[-1].state is CRITICAL


def test_a_gate_whose_signal_is_missing_is_unknown_and_says_why() -> None:
    dark = {key: value for key, value in STEADY.items() if key != "frontend.latency_p99"}
    decision = decide_all(observe(dark, missing=MissingReason.STALE))[0]
    gate = next(gate for gate in decision.gates if gate.key == "frontend.latency_p99_stressed")
    assert gate.outcome is Outcome.UNKNOWN
    assert gate.note == "frontend.latency_p99 is missing, stale."


def test_a_cluster_is_not_idle_while_something_that_was_seen_is_out_of_sight() -> None:
    dark = {key: value for key, value in IDLE.items() if key != "server.up_share"}
    seen = story((IDLE, 1))[-1]
    assert seen.mode is Mode.IDLE
    later = decide_all(observe(dark, 1, missing=MissingReason.UNREACHABLE), memory=seen.memory)[0]
    assert later.mode is not Mode.IDLE


def test_evidence_alone_names_no_cause() -> None:
    """Every slot is busy and all work is done all the same: nobody is to blame for a full house."""
    full = {**STEADY, "workers.slots_available": 0.0}
    decisions = story((STEADY, 1), (full, 3))
    assert {decision.cause.key for decision in decisions} == {"none"}
    assert decisions[-1].state is HAPPY


def test_a_long_darkness_does_not_forget_the_way_to_critical() -> None:
    near = story((STEADY, 1), (NO_WORKERS, 2))[-1]
    dark = [observe({}, cycle, missing=MissingReason.UNREACHABLE) for cycle in range(3, 30)]
    assert decide_all(*dark, memory=near.memory)[-1].memory.critical_cycles == 2


def test_a_calm_cycle_blames_nobody_new_although_evidence_is_left() -> None:
    """One queue has work and no poller, and no gate that speaks fires: the way out is still that of the old cause."""
    quiet = {**STEADY, "workers.pollers": 0.0, "matching.backlog": 20.0}
    stressed = story((STEADY, 1), ({**STEADY, "workflows.success_share": 0.5}, 1))[-1]
    calming = decide_all(observe(quiet, 2), memory=stressed.memory)[0]
    assert (calming.state, calming.cause.key, calming.cause.carried) == (STRESSED, "application_failures", True)
    assert "workers.no_pollers" in {gate.key for gate in calming.gates if gate.outcome is Outcome.FIRED}
