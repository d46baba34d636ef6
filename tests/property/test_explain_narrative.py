"""Whatever was decided, its explanation is the same every time and says nothing that the decision does not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sre_copilot.explain.compose import explain
from sre_copilot.explain.evidence import evidence_ids
from sre_copilot.explain.present import present
from sre_copilot.health.decision import Decision, Progress
from sre_copilot.health.encoding import from_json, to_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot_hookspecs import HealthState, Mode
from tests.rules import BUILTIN, ENGINE
from tests.worlds import BUILTIN_WORLD, at_cycle, decide_all, observations

SEQUENCES = st.lists(observations(BUILTIN_WORLD), min_size=1, max_size=6).map(
    lambda found: [at_cycle(observation, cycle) for cycle, observation in enumerate(found)]
)


@settings(max_examples=60)
@given(SEQUENCES)
def test_equal_decisions_give_equal_text(sequence: list) -> None:
    for decision in decide_all(ENGINE, sequence):
        again = from_json(to_json(decision), Decision)
        assert to_json(explain(BUILTIN, again)) == to_json(explain(BUILTIN, decision))


@settings(max_examples=60)
@given(SEQUENCES)
def test_nothing_is_cited_that_is_not_there_and_nothing_is_advised_that_is_forbidden(sequence: list) -> None:
    for decision in decide_all(ENGINE, sequence):
        story = explain(BUILTIN, decision)
        cited = [*(part.evidence for part in story.paragraphs), *(action.evidence for action in story.actions)]
        assert {name for names in cited for name in names} <= evidence_ids(decision)
        # The decision left out what is forbidden, and nothing comes back.
        assert {action.says for action in story.actions} <= {action.says for action in decision.cause.actions}


@settings(max_examples=60)
@given(SEQUENCES)
def test_a_happy_cluster_blames_nobody_and_no_text_is_empty(sequence: list) -> None:
    for decision in decide_all(ENGINE, sequence):
        story = explain(BUILTIN, decision)
        assert all(part.text and part.text.endswith((".", "!")) for part in story.paragraphs)
        assert 0.0 <= story.confidence <= decision.confidence + 0.005
        if decision.state is HealthState.HAPPY:
            assert story.actions == ()
            assert "nobody is to blame" in story.paragraphs[3].text


@settings(max_examples=60)
@given(SEQUENCES)
def test_nobody_is_acquitted_whose_progress_is_not_seen_to_be_well(sequence: list) -> None:
    for decision in decide_all(ENGINE, sequence):
        text = explain(BUILTIN, decision).paragraphs[2].text
        acquitted = text.partition("not the cause")[0].rpartition(". ")[2] if "not the cause" in text else ""
        for status in decision.services:
            if status.progress is not Progress.OK:
                assert status.name not in acquitted
        if decision.mode is Mode.BLIND:
            assert not acquitted


@settings(max_examples=40)
@given(SEQUENCES)
def test_an_issue_is_open_or_resolved_and_never_forgotten(sequence: list) -> None:
    """Each issue is shown from its opening to its end with one id, and its end is told once."""
    memory, seen_open, ended = Memory(), set(), set()
    for observation in sequence:
        decision = ENGINE.decide(memory, observation)
        shown = present(BUILTIN, Receipt(observation, memory, decision), cycle_seconds=30).issues
        memory = decision.memory
        now_open = {row.id for row in shown if row.resolved_at is None}
        now_ended = {row.id for row in shown if row.resolved_at is not None}
        assert len(now_open) == len(memory.issues)
        assert now_ended == seen_open - now_open
        assert not now_ended & ended
        seen_open, ended = now_open, ended | now_ended
        assert all(row.opened_at <= row.updated_at for row in shown)
