"""Back-tests: the same decisions as were made live, and where two rulesets differ, by which gate."""

from __future__ import annotations

import attrs
import pytest
from whenever import TimeDelta

from sre_copilot.cli.backtest_text import told
from sre_copilot.health.backtest import Backtest, BacktestReport
from sre_copilot.health.columns import columnise
from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory, Recent
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.recompute import recompute
from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.observe.evaluating import evaluate_now
from sre_copilot_hookspecs import Finding, HealthState, Window
from sre_copilot_temporal.evaluators import EVALUATORS
from tests.rules import (
    BUILTIN,
    CYCLE,
    DRAINING,
    ENGINE,
    NO_WORKERS,
    START,
    STEADY,
    builtin_declarations,
    declared,
    observe,
    reason,
)

STORY = [STEADY] * 30 + [NO_WORKERS] * 10 + [DRAINING] * 10 + [STEADY] * 30
SIGNALS = frozenset(rule.key for rule in BUILTIN.signals)
AGES = ("matching.backlog_age_stressed", "matching.backlog_age_healthy")
SECONDS = CYCLE.total("seconds")


def evaluate(window: Window) -> tuple[Finding, ...]:
    return evaluate_now(declared(EVALUATORS), window, SIGNALS)


def observations(story: list[dict[str, float]] = STORY) -> list[Observation]:
    """The story as it was observed live, with what evaluators found in windows of readings."""
    plain = [observe(values, cycle) for cycle, values in enumerate(story)]
    readings = [one.reading for one in plain]
    return [
        attrs.evolve(one, findings=evaluate(Window(tuple(readings[max(0, number - 19) : number + 1]))))
        for number, one in enumerate(plain)
    ]


def live(seen: list[Observation]) -> list[Decision]:
    memory, made = Memory(), []
    for observation in seen:
        made.append(ENGINE.decide(memory, observation))
        memory = made[-1].memory
    return made


def backtest(
    seen: list[Observation], *rulesets: Ruleset, since: int = 0, block: int = 7, cycle: float = SECONDS
) -> BacktestReport:
    test = Backtest([Engine.of(ruleset) for ruleset in rulesets], evaluate, cycle=cycle, since=START + CYCLE * since)
    for first in range(0, len(seen), block):
        test.feed(columnise([one.reading for one in seen[first : first + block]]))
    return test.report()


@pytest.mark.parametrize("block", [1, 7, 120])
def test_a_back_test_with_the_same_rules_decides_the_same(block: int) -> None:
    seen = observations()
    decisions = live(seen)
    (replayed,) = backtest(seen, BUILTIN, block=block).replayed
    states = [span.state for span in replayed.spans for _ in range(span.cycles)]
    assert states == [decision.state for decision in decisions]
    changes = [decision for decision in decisions if decision.changed]
    assert [(each.at, each.after, each.cause, each.reason) for each in replayed.transitions] == [
        (each.at, each.state, each.cause.name, reason(each)) for each in changes
    ]
    assert HealthState.CRITICAL in states
    assert replayed.cycles == len(STORY)
    assert sum(replayed.seconds.values()) == len(STORY) * SECONDS


def test_a_brief_decision_leaves_out_words_and_nothing_that_decides() -> None:
    memory = brief = Memory()
    for observation in observations():
        whole = ENGINE.decide(memory, observation)
        short = ENGINE.decide(brief, observation, brief=True)
        assert (short.state, short.mode, short.band, short.cause, short.gates, short.runners_up) == (
            whole.state,
            whole.mode,
            whole.band,
            whole.cause,
            whole.gates,
            whole.runners_up,
        )
        assert attrs.evolve(short.memory, recent=Recent()) == attrs.evolve(whole.memory, recent=Recent())
        memory, brief = whole.memory, short.memory


def test_what_warms_up_is_not_counted() -> None:
    (replayed,) = backtest(observations(), BUILTIN, since=20).replayed
    assert replayed.cycles == len(STORY) - 20
    assert replayed.transitions[0].before is HealthState.HAPPY


def test_time_without_readings_is_nobodys_state() -> None:
    seen = observations([STEADY] * 20)
    shifted = [
        attrs.evolve(one, reading=attrs.evolve(one.reading, at=one.at + TimeDelta(minutes=30))) for one in seen[10:]
    ]
    (replayed,) = backtest([*seen[:10], *shifted], BUILTIN, block=10).replayed
    assert replayed.unread == 30 * 60
    assert sum(replayed.seconds.values()) == 20 * SECONDS
    assert replayed.spans[-1].start == shifted[0].at


def test_after_an_hour_without_readings_everything_begins_anew() -> None:
    seen = observations([NO_WORKERS] * 10)
    late = [attrs.evolve(one, reading=attrs.evolve(one.reading, at=one.at + TimeDelta(hours=2))) for one in seen]
    (replayed,) = backtest([*seen, *late], BUILTIN, block=10).replayed
    assert [change.after for change in replayed.transitions].count(HealthState.CRITICAL) == 2


def test_rulesets_are_compared_at_every_instant_with_the_gate_that_makes_the_difference() -> None:
    milder = resolve(builtin_declarations(), overrides=dict.fromkeys(AGES, 250.0))
    waiting = {**STEADY, "matching.backlog_age": 200.0}
    seen = observations([STEADY] * 10 + [waiting] * 6 + [STEADY] * 10)
    report = backtest(seen, milder, BUILTIN)
    (difference,) = report.differences
    first, second = (
        [span.state for span in replayed.spans for _ in range(span.cycles)] for replayed in report.replayed
    )
    differing = [number for number, pair in enumerate(zip(first, second, strict=True)) if pair[0] is not pair[1]]
    assert difference.start == START + CYCLE * differing[0]
    assert difference.cycles == len(differing) == differing[-1] - differing[0] + 1
    assert (difference.first, difference.second) == (HealthState.HAPPY, HealthState.STRESSED)
    age = next(gate for gate in difference.gates if gate.key == "matching.backlog_age_stressed")
    assert (age.value, age.first, age.second) == (200.0, "clear", "fired")
    present = next(each for each in BUILTIN.thresholds if each.key == "matching.backlog_age_stressed")
    assert (age.first_threshold, age.second_threshold) == (250.0, present.mid_scale)
    assert not difference.carried


def test_a_gate_that_only_one_ruleset_has_is_named() -> None:
    without = attrs.evolve(
        BUILTIN, gates=tuple(gate for gate in BUILTIN.gates if not gate.key.startswith("persistence.latency_"))
    )
    slow = {**STEADY, "persistence.latency_p99": 5.0}
    (difference,) = backtest(observations([STEADY] * 5 + [slow] * 5), without, BUILTIN).differences
    gone = {gate.key for gate in BUILTIN.gates} - {gate.key for gate in without.gates}
    assert "persistence.latency_p99_stressed" in gone
    assert {(gate.key, gate.first, gate.second) for gate in difference.gates} <= {
        (key, "absent", "fired") for key in gone
    }
    assert difference.gates


def test_a_recovery_margin_that_keeps_a_cluster_critical_is_named() -> None:
    ratios = ("matching.dispatch_ratio", "history.completion_ratio")
    deeper = resolve(builtin_declarations(), overrides={f"{ratio}_critical": 0.05 for ratio in ratios})
    near = {**STEADY, "matching.backlog_age": 10.0, **dict.fromkeys(ratios, 0.4)}
    seen = observations([STEADY] * 5 + [NO_WORKERS] * 5 + [near] * 3 + [STEADY] * 5)
    (difference,) = backtest(seen, BUILTIN, deeper).differences
    assert (difference.first, difference.second, difference.cycles) == (HealthState.CRITICAL, HealthState.STRESSED, 3)
    assert {(gate.key, gate.first, gate.second) for gate in difference.gates} == {
        (f"{ratio}_critical", "near", "clear") for ratio in ratios
    }
    assert not difference.carried
    (line, _) = told(difference)
    assert line.endswith("is 0.4; within the recovery margin at 0.3 instead of clear at 0.05")


def test_equal_rulesets_do_not_differ() -> None:
    assert backtest(observations(), BUILTIN, BUILTIN).differences == ()


def receipts() -> list[Receipt]:
    memory, made = Memory(), []
    for observation in observations():
        decision = ENGINE.decide(memory, observation)
        made.append(Receipt(observation, memory, decision))
        memory = decision.memory
    return made


def test_a_stored_decision_is_computed_again_and_is_the_same() -> None:
    assert all(recompute(ENGINE, receipt, decided_by="1") is None for receipt in receipts())


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("state", lambda decision: attrs.evolve(decision, state=HealthState.STRESSED)),
        (
            f"gates[{BUILTIN.gates[3].key}].threshold",
            lambda decision: attrs.evolve(
                decision,
                gates=(*decision.gates[:3], attrs.evolve(decision.gates[3], threshold=7.0), *decision.gates[4:]),
            ),
        ),
        (
            "memory.calm_cycles",
            lambda decision: attrs.evolve(decision, memory=attrs.evolve(decision.memory, calm_cycles=99)),
        ),
        ("services.length", lambda decision: attrs.evolve(decision, services=decision.services[:-1])),
    ],
)
def test_the_first_difference_is_named(field: str, changed: object) -> None:
    receipt = receipts()[20]
    assert callable(changed)
    found = recompute(ENGINE, attrs.evolve(receipt, decision=changed(receipt.decision)), decided_by="0")
    assert found is not None
    assert (found.field, found.at, found.engine) == (field, receipt.decision.at, "0")
    assert found.expected != found.found


def test_another_memory_leads_to_another_decision_and_is_noticed() -> None:
    receipt = receipts()[31]
    found = recompute(ENGINE, attrs.evolve(receipt, before=Memory()), decided_by="1")
    assert found is not None


def test_another_limit_of_an_evaluator_is_tried_like_another_threshold() -> None:
    key = "temporal.slots_nearly_full"
    looser = resolve(builtin_declarations(), overrides={key: 0.99})
    patient = {"patience": attrs.evolve(BUILTIN.patience, pressure=1)}
    pressed = [{**STEADY, "workers.slots_used_share": 0.95}] * 10
    seen = observations(pressed)
    assert {finding.key for finding in seen[-1].findings} == {key}
    found: list[dict[str, int]] = []

    def counted(window: Window) -> tuple[Finding, ...]:
        findings = evaluate(window)
        found.append({finding.key: 1 for finding in findings})
        return findings

    for rulesets, times in (((BUILTIN, looser), 2), ((BUILTIN, attrs.evolve(BUILTIN, **patient)), 1)):
        found.clear()
        test = Backtest([Engine.of(one) for one in rulesets], counted, cycle=SECONDS, since=START)
        test.feed(columnise([one.reading for one in seen]))
        # Rules that compare with the same numbers share what evaluators find.
        assert len(found) == times * len(seen)
        assert found[-times:] == [{key: 1}, {}][:times]
