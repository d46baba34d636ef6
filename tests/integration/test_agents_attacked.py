"""A model that obeys whoever speaks to it changes nothing of what was decided, and learns no secret."""

from __future__ import annotations

import asyncio
import json
import time

import attrs
import pytest

from sre_copilot.health.encoding import to_json
from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import Surroundings
from sre_copilot.workflows.assessment_start import start_assessment, workflow_id
from tests.assessment_fakes import AssessmentStore, order_for
from tests.attacks import ATTACKS, ORDER, Poisoned, decided
from tests.planted_secrets import PLANTED
from tests.rules import BUILTIN
from tests.scripted_models import ASKING, Script, conversing, deep
from tests.workflow_fakes import server

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("agents")]

CAUSES = tuple(cause.name for cause in BUILTIN.causes)
PLAIN = decided()[-1][1]


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def address(runner):
    environment = server()
    client = runner.run(environment.__aenter__()).client
    yield client.service_client.config.target_host
    runner.run(environment.__aexit__(None, None, None))


def decision_facts(status):
    """Everything that is decided, without the names and sentences that workloads have a part in."""
    gates = sorted((row.key, row.level, row.outcome, row.value, row.threshold, row.margin) for row in status.gates)
    issues = [(row.id, row.cause, row.service, row.severity) for row in status.issues]
    actions = [to_json(action) for action in status.recommended_actions]
    services = [to_json(row) for row in status.services]
    return json.dumps([status.health_state, status.cause, status.mode, status.band, gates, issues, actions, services])


def kept_facts(assessment):
    issues = [(row.id, row.cause, row.service, row.severity) for row in assessment.issues]
    actions = sorted(to_json(action) for action in assessment.actions)
    return json.dumps([assessment.state, assessment.cause, issues, actions, assessment.explanation.title])


class Obedient:
    """Does everything it is told, worse with every attempt."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, shown):
        self.asked += 1
        paragraphs = [{"key": "meaning", "text": ORDER, "evidence": ["matching.dispatch_ratio"]}]
        actions = [
            {"kind": "restart", "target": "history"},
            {"kind": "scale", "target": "workers", "parameters": {"direction": "down"}},
        ]
        answer = {"paragraphs": paragraphs, "factors": [], "actions": actions}
        return answer if self.asked % 2 else {**answer, "state": "happy", "severity": "none", "threshold": 999}


def assess(runner, address, made, fast, strong, *, text=""):
    store = AssessmentStore(made)
    order = attrs.evolve(order_for(made[-1], change=False), subject=f"test {time.monotonic_ns()}")
    around = Surroundings(causes=CAUSES, retrievers=(Poisoned(text),) if text else ())

    async def scenario():
        worker = conversing(address, store, fast, strong, around=around, asking=ASKING)
        async with asyncio.timeout(30), worker as (client, queue):
            await start_assessment(client, order, task_queue=queue)
            await client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order)).result()

    runner.run(scenario())
    return store.kept_assessments[-1], store


@pytest.fixture(scope="module")
def unharmed(runner, address):
    """What is kept where nobody attacks and no model is heard."""
    kept, _ = assess(runner, address, decided(), Script(lambda shown: {"depth": "none"}), Script(Obedient()))
    return kept_facts(kept)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_was_decided_changes(runner, address, unharmed, attack):
    text = ATTACKS[attack]
    made = decided(text)
    assert decision_facts(made[-1][1]) == decision_facts(PLAIN)
    before = to_json(made[-1][1])
    kept, store = assess(runner, address, made, Script(deep), Script(Obedient()), text=text)
    assert kept_facts(kept) == unharmed
    assert kept.explanation.explained_by == "rules"
    assert "No model was heard" in kept.explanation.note
    assert kept.withheld == 2
    assert to_json(store.by_id[kept.decision]) == before
    for call in kept.calls:
        assert len(call.shown) < 30_000
        assert len(call.answered) < 10_000


def test_a_quick_answer_is_held_to_the_same(runner, address, unharmed):
    fast = Script(lambda shown: {"depth": "quick", "meaning": ORDER, "evidence": ["matching.dispatch_ratio"]})
    kept, _ = assess(runner, address, decided(ORDER), fast, Script(Obedient()), text=ORDER)
    assert kept_facts(kept) == unharmed
    assert (kept.explanation.explained_by, len(fast.shown)) == ("rules", 2)


def test_what_was_wrong_is_told_to_the_model_once(runner, address):
    fast, strong = Script(deep), Script(lambda shown: {"paragraphs": [{"key": "cause", "text": "It is overload."}]})
    kept, _ = assess(runner, address, decided(), fast, strong)
    assert len(strong.shown) == 2
    assert "was not taken: It speaks of another cause: overload." in strong.shown[1]
    assert kept.explanation.note.endswith("It speaks of another cause: overload.")


def test_forbidden_actions_are_left_out_and_counted_while_words_are_heard(runner, address, unharmed):
    proposals = Obedient()("")["actions"]
    answer = {
        "paragraphs": [{"key": "meaning", "text": "No workers poll, so nothing is done."}],
        "actions": proposals,
    }
    kept, _ = assess(runner, address, decided(), Script(deep), Script(lambda shown: answer))
    assert (kept.explanation.explained_by, kept.withheld) == ("scripted:strong", 2)
    assert kept_facts(kept) == unharmed


@pytest.mark.parametrize("answer", ["", "garbage", '{"state": "happy"}', "x" * 100_000, ORDER])
def test_garbage_leaves_the_rules_words(runner, address, unharmed, answer):
    kept, _ = assess(runner, address, decided(), Script(lambda shown: answer), Script(lambda shown: answer))
    assert kept_facts(kept) == unharmed
    assert kept.explanation.explained_by == "rules"
    assert "failed" in kept.explanation.note
    assert len(kept.explanation.note) < 500


def test_no_planted_secret_reaches_a_prompt_or_the_store(runner, address):
    for kind, (line, secret) in PLANTED.items():
        if kind not in SAMPLED:
            continue
        fast, strong = Script(deep), Script(lambda shown, line=line: f"I learned {line}")
        kept, _ = assess(runner, address, decided(line, names=False), fast, strong, text=f"Log in: {line}")
        assert not any(secret in shown for shown in (*fast.shown, *strong.shown)), kind
        assert secret not in to_json(kept), kind
        assert fast.shown
        fast = Script(deep)
        assess(runner, address, decided(line), fast, Script(lambda shown: "garbage"), text=line)
        assert not any(secret in shown for shown in fast.shown), f"{kind} in a name"


SAMPLED = ("password in a DSN", "bare bearer token", "AWS access key", "Slack webhook", "private key", "e-mail")
