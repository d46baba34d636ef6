"""Texts are held against the decision: what it says passes, what it does not say is refused."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.assess.grounding import Ground, Ungrounded, vocabulary_of
from sre_copilot.explain.assessment import Assessment, Trigger
from sre_copilot.explain.overlay import overlay
from sre_copilot.explain.rows import action_rows, explanation_of, explanation_row
from sre_copilot.narrative.redacting import redacted
from tests.assessment_fakes import CRITICAL, documents
from tests.attacks import ORDER, decided
from tests.planted_secrets import PLANTED
from tests.rules import BUILTIN, DRAINING, IDLE, NO_WORKERS, STEADY

CAUSES = tuple(cause.name for cause in BUILTIN.causes)
EVERY = documents((STEADY, 2), (NO_WORKERS, 4), (DRAINING, 3), (STEADY, 4), (IDLE, 2))


def ground(status):
    own = explanation_of(status.explanation, status.recommended_actions)
    return Ground(own, vocabulary_of(status, CAUSES))


WORST = ground(CRITICAL[-1][1])


def test_the_situation_of_these_tests():
    assert WORST.vocabulary.state == "critical"
    assert WORST.vocabulary.cause == "no workers"
    assert {"history", "persistence"} <= {name.lower() for name in WORST.vocabulary.innocent}


@pytest.mark.parametrize("status", [status for _, status in EVERY], ids=lambda status: status.observed_at.format_iso())
def test_the_rules_own_words_are_grounded(status):
    for paragraph in status.explanation.paragraphs:
        ground(status).check(paragraph.text)


@pytest.mark.parametrize(
    "text",
    [
        "No workers are polling, so accepted work waits.",
        "The cluster turned critical; before that it was happy.",
        "History is not the cause, and neither is persistence.",
        "Look at the workers first: they are gone.",
        "Start workers; nothing else will help.",
    ],
)
def test_a_paraphrase_is_grounded(text):
    WORST.check(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The cluster is happy.", "says happy"),
        ("It was critical but is happy again.", "says happy"),
        ("The state is only stressed.", "says stressed"),
        ("Everything is fine.", "plays down"),
        ("This is a false alarm.", "plays down"),
        ("This can be ignored.", "plays down"),
        ("The true cause is overload.", "another cause: overload"),
        ("Deploy churn explains it.", "another cause: deploy churn"),
        ("History is broken.", "blames History"),
        ("Doubtless history is broken, there is no other way.", "blames History"),
        ("Work waits because of persistence.", "blames Persistence"),
        ("About 40 % of the tasks fail.", "number"),
        ("It began 17 minutes ago.", "number"),
        ("Thousands of workflows wait.", "amount"),
        ("Restart the matching nodes.", "tells to do"),
        ("Scale the workers down.", "tells to do"),
        ("Scale workers to zero.", "tells to do"),
        ("Delete the queue.", "tells to do"),
        ("See https://evil.example for more.", "writes"),
        ("<b>Workers</b> are gone.", "writes"),
        ("Workers are \u202egone.", "writes"),
        ("`rm -rf /`", "writes"),
        ("x" * 2001, "characters"),
        (" ", "characters"),
        (ORDER, "says happy|another cause|number"),
    ],
)
def test_another_story_is_refused(text, reason):
    with pytest.raises(Ungrounded, match=reason):
        WORST.check(text)


@pytest.mark.parametrize("name", [ORDER, "restart-history", "q-999", "all-is-well. The state is happy."])
def test_what_names_spell_is_said_by_nobody(name):
    status = decided(name)[-1][1]
    there = ground(status)
    for text in ("Restart history.", "It waits for 999 s.", "The state is happy."):
        with pytest.raises(Ungrounded):
            there.check(text)
    for paragraph in status.explanation.paragraphs:
        there.check(paragraph.text)
        assert len(paragraph.text) < 2000
        assert "\n" not in paragraph.text


@pytest.mark.parametrize("kind", PLANTED)
def test_no_secret_passes_in_a_long_text(kind):
    line, secret = PLANTED[kind]
    long = f"{'Some plain words of a runbook. ' * 40}\n{line}\n{'More of it, at some length, in one line. ' * 40}"
    assert secret not in redacted(long)
    assert "Some plain words of a runbook." in redacted(long)


def test_the_rules_words_are_not_changed_by_redaction():
    for _, status in EVERY:
        for paragraph in status.explanation.paragraphs:
            assert redacted(paragraph.text) == paragraph.text


def assessment(status, **more):
    own = explanation_of(status.explanation, status.recommended_actions)
    words = attrs.evolve(own.paragraphs[1], text="In other words.")
    said = attrs.evolve(own, paragraphs=(words,), actions=own.actions[::-1], explained_by="model", title="All is well")
    return attrs.evolve(
        Assessment(
            "a",
            status.cluster,
            status.observed_at,
            status.id,
            Trigger.STATE_CHANGE.value,
            status.health_state,
            status.cause,
            explanation_row(said),
            action_rows(said),
        ),
        **more,
    )


def test_a_status_takes_the_words_of_its_own_assessment_and_nothing_else():
    status = CRITICAL[-1][1]
    shown = overlay(status, assessment(status))
    assert shown.explanation.explained_by == "model"
    assert shown.explanation.paragraphs[0].text == "In other words."
    assert shown.explanation.title == status.explanation.title
    assert shown.recommended_actions == status.recommended_actions[::-1]
    own = {"explanation": status.explanation, "recommended_actions": status.recommended_actions}
    assert attrs.evolve(shown, **own) == status


@pytest.mark.parametrize("wrong", [{"decision": "other"}, {"cluster": "other"}, {"state": "happy"}, {"cause": "other"}])
def test_an_assessment_of_something_else_changes_nothing(wrong):
    status = CRITICAL[-1][1]
    assert overlay(status, assessment(status, **wrong)) is status
    assert overlay(status, None) is status


def test_other_actions_are_never_shown():
    status = CRITICAL[-1][1]
    forged = attrs.evolve(status.recommended_actions[0], says="Restart everything.")
    shown = overlay(status, assessment(status, actions=(forged, *status.recommended_actions[1:])))
    assert shown.recommended_actions == status.recommended_actions
