"""The narrative of recorded decisions: it names the true cause, blames nobody innocent, contradicts no gate."""

from __future__ import annotations

import re

import attrs
import pytest

from sre_copilot.explain.case import SPEAKING, Case
from sre_copilot.explain.compose import explain
from sre_copilot.explain.evidence import evidence_ids
from sre_copilot.health.decision import NO_CAUSE, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Explanation, HealthState, Level
from tests.scored_set import Entry, scored

RULESET, ENTRIES = scored()
LEAST = 30

each = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def text(story: Explanation, key: str) -> str:
    paragraph = story.paragraph(key)
    assert paragraph is not None
    return paragraph.text


def wrong_causes(ruleset: Ruleset, entry: Entry, story: Explanation) -> list[str]:
    """What is wrong about the cause that is named."""
    names = {cause.key: cause.name for cause in ruleset.causes}
    true = {names[key] for key in (entry.label.cause, *entry.label.also) if key in names}
    named = {name for name in names.values() if story.title.endswith((f": {name}", f": {name}, recovering"))}
    faults = [f"{name} is named and is not the cause" for name in named - true]
    if true and not named and not entry.label.may_be_none:
        faults.append("the cause is not named")
    if not named and story.actions:
        faults.append("something is to be done about nothing")
    return faults


def wrong_blame(ruleset: Ruleset, entry: Entry, story: Explanation) -> list[str]:
    """Services that are blamed though they are innocent, or acquitted though they are to blame."""
    names = {service.key: service.name for service in ruleset.services}
    innocent = {name for key, name in names.items() if key not in entry.label.blamed}
    untouched = {name for key, name in names.items() if key not in (*entry.label.blamed, *entry.label.suffers)}
    faults = []
    for sentence in re.split(r"(?<=\.) ", text(story, "actors")):
        of = {name for name in names.values() if re.search(rf"\b{name}\b", sentence)}
        if re.match(r"\w+ (is|are) (blocked|degraded)\.|It shows at", sentence):
            faults += [f"{name} is blamed" for name in of & innocent]
        if sentence.startswith("Held up"):
            faults += [f"{name} is said to be held up" for name in of & untouched]
        if "not the cause" in sentence and entry.label.cause != "none":
            faults += [f"{name} is acquitted" for name in of - innocent if not story.title.endswith("recovering")]
    return faults


def contradictions(ruleset: Ruleset, entry: Entry, story: Explanation) -> list[str]:
    """Sentences that a gate speaks against."""
    case = Case(ruleset, entry.decision)
    fired = {result.key for result in entry.decision.gates if result.outcome is Outcome.FIRED}
    whole = " ".join(paragraph.text for paragraph in story.paragraphs)
    faults = []
    for result in entry.decision.gates:
        gate = case.gates[result.key]
        if result.key not in fired and result.value is not None:
            said = gate.says.partition("{")[0].strip()
            others = [case.gates[key].says for key in fired]
            if len(said) > 12 and said in whole and not any(other.startswith(said) for other in others):
                faults.append(f"{gate.key} did not fire, and its sentence is told")
        begins = rf"{re.escape(gate.signal)} \([^)]*\) is [^.]*(\.\d[^.]*)*{gate.level.value} begins"
        if gate.level in SPEAKING and result.key in fired and re.search(begins, whole):
            faults.append(f"{gate.key} fires, and is said to begin later")
    meaning = text(story, "meaning")
    critical = any(case.results[key].level is Level.CRITICAL for key in fired)
    if critical and "lost" not in meaning:
        faults.append("a critical gate fires, and progress is not said to be lost")
    if "intact" in meaning and any(case.results[key].level in SPEAKING for key in fired):
        faults.append("a gate fires, and progress is said to be intact")
    if entry.decision.state is HealthState.HAPPY and "intact" not in meaning:
        faults.append("all is well, and progress is not said to be intact")
    return faults


@each
def test_the_true_cause_is_named(entry: Entry) -> None:
    assert wrong_causes(RULESET, entry, explain(RULESET, entry.decision)) == []


@each
def test_nobody_innocent_is_blamed(entry: Entry) -> None:
    assert wrong_blame(RULESET, entry, explain(RULESET, entry.decision)) == []


@each
def test_no_gate_is_contradicted(entry: Entry) -> None:
    story = explain(RULESET, entry.decision)
    assert contradictions(RULESET, entry, story) == []
    assert {name for paragraph in story.paragraphs for name in paragraph.evidence} <= evidence_ids(entry.decision)


def test_the_set_is_large_enough_and_knows_health_and_every_kind_of_trouble() -> None:
    assert len(ENTRIES) >= LEAST
    assert sum(entry.label.cause == "none" for entry in ENTRIES) >= 5
    troubled = [entry for entry in ENTRIES if entry.label.cause != "none" and not entry.label.may_be_none]
    assert len(troubled) >= 20
    assert len({entry.label.cause for entry in troubled}) >= 5


def test_the_score_notices_a_wrong_cause_a_wrong_blame_and_a_contradiction() -> None:
    """The checks themselves can fail: each is shown a decision about something else."""
    by_situation = {entry.situation: entry for entry in ENTRIES}
    absent, failing = by_situation["no_workers"], by_situation["persistence_unavailable"]
    swapped = explain(RULESET, failing.decision)
    assert wrong_causes(RULESET, absent, swapped)
    assert wrong_blame(RULESET, absent, swapped)
    healthy = explain(RULESET, by_situation["steady"].decision)
    assert wrong_causes(RULESET, absent, healthy)
    assert contradictions(RULESET, absent, healthy)
    unnamed = attrs.evolve(absent.decision, cause=NO_CAUSE)
    assert wrong_causes(RULESET, absent, explain(RULESET, unnamed))
