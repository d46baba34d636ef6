"""Agents on a real Temporal server, with models that answer as they should, and as they should not."""

from __future__ import annotations

import asyncio
import gzip
import time

import attrs
import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from sre_copilot.explain.rows import explanation_of
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import load
from sre_copilot.settings.core import ModelSettings
from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows import duty
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.assessment_start import start_assessment, workflow_id
from sre_copilot.workflows.models import make_models
from sre_copilot.workflows.notify import NotifyWorkflow
from sre_copilot.workflows.scheduled_assessment import ScheduledAssessmentWorkflow
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot.workflows.word_assessment import WordAssessmentWorkflow
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import hookimpl
from tests.assessment_fakes import CRITICAL, HAPPY, AssessmentStore, order_for
from tests.record_assessments import FOLDER, PREFIX
from tests.scripted_models import ASKING, Script, agent_plugins, conversing, deep
from tests.workflow_fakes import FakeObserver, ruleset, server

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("agents")]

WORST, STATUS = CRITICAL[-1]
OWN = explanation_of(STATUS.explanation, STATUS.recommended_actions)
CITED = list(OWN.paragraph("trigger").evidence)


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


def told(runner, address, fast, strong, *, kept=CRITICAL, asking=ASKING, around=None, store=None):
    """What was kept of an assessment, what came of it, and the histories of both workflows."""
    store = store or AssessmentStore(kept)
    order = attrs.evolve(order_for(kept[-1], change=False), subject=f"test {time.monotonic_ns()}")

    async def scenario():
        worker = conversing(address, store, fast, strong, asking=asking, around=around)
        async with asyncio.timeout(40), worker as (client, queue):
            began = time.monotonic()
            await start_assessment(client, order, task_queue=queue)
            handle = client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order))
            outcome = await handle.result()
            took = time.monotonic() - began
            return outcome, took, await handle.fetch_history(), client

    outcome, took, history, client = runner.run(scenario())
    return store.kept_assessments[-1], outcome, took, history, client


def research(shown):
    """A good answer."""
    return {
        "paragraphs": [
            {"key": "meaning", "text": "Nothing is picked up, because no workers poll the queues.", "evidence": CITED}
        ],
        "factors": [{"text": "Every poller is gone.", "evidence": CITED[:1]}],
        "actions": [{"kind": OWN.actions[1].kind.value, "target": OWN.actions[1].target}],
    }


def test_a_researcher_chooses_words_and_order_and_everything_of_it_is_kept(runner, address):
    fast, strong = Script(deep), Script(research)
    kept, outcome, _, _, _ = told(runner, address, fast, strong)
    assert kept.explanation.note == ""
    assert outcome.explained_by == kept.explanation.explained_by == "scripted:strong"
    said = explanation_of(kept.explanation, kept.actions)
    assert said.paragraph("meaning").text == "Nothing is picked up, because no workers poll the queues."
    assert said.paragraph("cause").text == OWN.paragraph("cause").text
    assert {row.says for row in kept.actions} == {row.says for row in STATUS.recommended_actions}
    assert kept.actions[0].target == OWN.actions[1].target
    assert kept.factors[0].text == "Every poller is gone."
    assert [call.role for call in kept.calls] == ["dispatcher", "researcher"]
    assert all(call.input_tokens and call.output_tokens and call.shown and call.answered for call in kept.calls)
    assert OWN.paragraph("trigger").text in kept.calls[1].shown
    assert kept.calls[1].shown.split() == strong.shown[0].split()
    assert (kept.state, kept.cause) == (STATUS.health_state, STATUS.cause)


def test_a_dispatcher_may_say_it_itself(runner, address):
    fast = Script(lambda shown: {"depth": "quick", "meaning": "Nobody polls, so nothing runs.", "evidence": CITED})
    strong = Script(research)
    kept, _, _, _, _ = told(runner, address, fast, strong)
    assert kept.explanation.explained_by == "scripted:fast"
    assert explanation_of(kept.explanation, kept.actions).paragraph("meaning").text == "Nobody polls, so nothing runs."
    assert strong.shown == []


def test_a_dispatcher_may_leave_it_at_the_rules_words(runner, address):
    fast, strong = Script(lambda shown: {"depth": "none"}), Script(research)
    kept, _, _, _, _ = told(runner, address, fast, strong)
    assert (kept.explanation.explained_by, len(kept.calls), strong.shown) == ("rules", 1, [])
    assert "enough" in kept.explanation.note


def test_a_happy_cluster_asks_nobody(runner, address):
    fast, strong = Script(deep), Script(research)
    kept, _, _, _, _ = told(runner, address, fast, strong, kept=HAPPY)
    assert (kept.explanation.explained_by, kept.calls, fast.shown) == ("rules", (), [])


def test_a_model_that_hangs_costs_its_time_and_no_more(runner, address):
    asking = attrs.evolve(ASKING, fast_seconds=1.0, seconds=2.0)
    kept, outcome, took, _, _ = told(runner, address, Script(deep, hangs=60), Script(research, hangs=60), asking=asking)
    assert outcome.stored
    assert kept.explanation.explained_by == "rules"
    assert "did not answer within" in kept.explanation.note
    assert [row.text for row in kept.explanation.paragraphs[:-1]] == [row.text for row in STATUS.explanation.paragraphs]
    assert took < 15


def test_the_budget_of_an_hour_ends_the_calls_and_is_named(runner, address):
    store = AssessmentStore(CRITICAL)
    fast, strong = Script(deep), Script(research)
    asking = attrs.evolve(ASKING, calls=2, budget=2)
    told(runner, address, fast, strong, asking=asking, store=store)
    kept, _, _, _, _ = told(runner, address, fast, strong, asking=asking, store=store)
    assert len(fast.shown) == len(strong.shown) == 1
    assert kept.explanation.note == "No model was heard: the budget of 2 calls an hour is used up."


def test_what_was_recorded_replays_with_and_without_agents(runner, address):
    """The assessment itself replays in a process that knows no model library, its conversation where agents are."""
    _, _, _, history, client = told(runner, address, Script(deep), Script(research))

    async def replayed():
        words = await client.get_workflow_handle(f"{history.workflow_id}-words").fetch_history()
        for plugins in ([sdk_plugin()], agent_plugins()):
            await Replayer(workflows=[AssessHealthWorkflow], plugins=plugins, build_id="test").replay_workflow(history)
        await Replayer(workflows=[WordAssessmentWorkflow], plugins=agent_plugins(), build_id="test").replay_workflow(
            words
        )

    runner.run(replayed())


def test_what_was_recorded_without_agents_replays_where_they_are(runner):
    """An operator who configures a model does so while assessments are under way."""
    workflows = [AssessHealthWorkflow, ScheduledAssessmentWorkflow, NotifyWorkflow]

    async def replayed():
        for file in sorted(FOLDER.glob(f"{PREFIX}*.json.gz")):
            history = WorkflowHistory.from_json("recorded", gzip.decompress(file.read_bytes()).decode())
            await Replayer(workflows=workflows, plugins=agent_plugins(), build_id="test").replay_workflow(history)

    runner.run(replayed())


def test_a_configured_model_that_cannot_be_made_is_named_in_the_assessment(runner, address):
    around = Surroundings(no_model="No model can be asked: Unknown model: nobody:nothing.")
    fast = Script(deep)
    kept, _, _, _, _ = told(runner, address, fast, Script(research), around=around)
    assert kept.explanation.explained_by == "rules"
    assert "Unknown model" in kept.explanation.note
    assert fast.shown == []


def test_settings_and_a_provider_make_a_worker_that_converses(runner, address):
    fast, strong = Script(deep), Script(research)

    class Scripted:
        key = "scripted"

        def model(self, name, *, region, timeout):
            return {"fast": fast, "strong": strong}[name].model()

    class Plugin:
        @hookimpl
        def copilot_model_providers(self, settings):
            return [Scripted()]

    manager = Manager()
    manager.register(Plugin(), "scripted")
    settings = load(manager, overrides={"model": {"fast": "scripted:fast", "strong": "scripted:strong"}})
    models = make_models(manager, settings)
    store, queue = AssessmentStore(CRITICAL), f"test-{time.monotonic_ns()}"
    order = attrs.evolve(order_for(CRITICAL[-1], change=False), subject=queue)

    async def scenario():
        client = await Client.connect(address, plugins=models.plugins)
        around = duty._surroundings(manager, settings, models)
        activities = ClusterActivities(FakeObserver(ruleset()), store)
        assessing = AssessmentActivities(store, around)
        worker = make_worker(
            client, activities, cycles=[30.0], task_queue=queue, assessing=assessing, more=models.workflows
        )
        async with asyncio.timeout(30), worker:
            await start_assessment(client, order, task_queue=queue)
            return await client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order)).result()

    assert models.problem == ""
    assert runner.run(scenario()).explained_by == "scripted:strong"


def test_all_models_together_end_before_the_step_they_are_in():
    assert ModelSettings().timeout < messages.EXPLAINING
    with pytest.raises(ValueError, match="between"):
        ModelSettings(timeout=messages.EXPLAINING)
