"""The status document: everything a reader shows, written from a receipt alone."""

from __future__ import annotations

from sre_copilot.explain.present import present
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot_hookspecs import MissingReason
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, STEADY, observe


def document(values: dict[str, float], cycles: int = 4) -> StatusDocument:
    memory = Memory()
    for cycle in range(cycles):
        observation = observe(values, cycle, missing=MissingReason.WARMING_UP)
        decision = ENGINE.decide(memory, observation)
        receipt = Receipt(observation, memory, decision)
        memory = decision.memory
    return present(BUILTIN, receipt, cycle_seconds=30)


def test_every_signal_and_every_gate_is_shown_once() -> None:
    shown = document(STEADY)
    keys = [row.key for row in (*shown.primary_signals, *shown.amplifiers)]
    assert sorted(keys) == sorted(rule.key for rule in BUILTIN.signals)
    assert sorted(row.key for row in shown.gates) == sorted(gate.key for gate in BUILTIN.gates)


def test_what_speaks_comes_first() -> None:
    shown = document(NO_WORKERS)
    speaking = [row.level in ("critical", "stressed") for row in shown.gates]
    assert speaking == sorted(speaking, reverse=True)
    assert (shown.gates[0].outcome, shown.gates[0].level) == ("fired", "critical")
    outcomes = [row.outcome for row in shown.gates if row.level in ("critical", "stressed")]
    assert outcomes == sorted(outcomes, key=["fired", "unknown", "clear"].index)


def test_a_fired_gate_says_its_sentence_and_a_clear_one_its_distance() -> None:
    sentences = {row.key: row.sentence for row in document(NO_WORKERS).gates}
    assert sentences["matching.dispatch_ratio_critical"] == (
        "Workers take only 0 % of the work added to the cluster, under 30 %."
    )
    assert sentences["frontend.reachable_critical"] == "1; this gate fires below 0.5."
    assert sentences["workflows.success_share_critical"].startswith("Not judged: workflows.closes")


def test_a_missing_signal_shows_its_reason_and_no_number() -> None:
    rows = {row.key: row for row in document(NO_WORKERS).primary_signals}
    missing = rows["workflows.success_share"]
    assert (missing.value, missing.missing, missing.display) == (None, "warming_up", "missing: warming up")


def test_the_actions_are_those_of_the_cause() -> None:
    shown = document(NO_WORKERS)
    assert shown.cause == "no workers"
    assert shown.recommended_actions[0].says == "Start workers for the task queue."
    assert document(STEADY).recommended_actions == ()


def test_the_document_survives_json() -> None:
    shown = document(NO_WORKERS)
    assert from_json(to_json(shown), StatusDocument) == shown
