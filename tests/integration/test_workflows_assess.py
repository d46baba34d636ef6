"""Assessments on a real Temporal server: once, in time, and never without an answer."""

from __future__ import annotations

import asyncio
import time

import attrs
import pytest
from temporalio.client import ScheduleHandle
from temporalio.service import RPCError
from whenever import Instant, TimeDelta

from sre_copilot.explain.assessment import Trigger
from sre_copilot.explain.rows import explanation_of
from sre_copilot.workflows import assessment_messages as messages
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.assess_health import AssessHealthWorkflow
from sre_copilot.workflows.assessment_activities import AssessmentActivities, Surroundings
from sre_copilot.workflows.assessment_messages import AssessOrder, ScheduledOrder
from sre_copilot.workflows.assessment_start import (
    AssessmentStarter,
    NotStarted,
    log_pattern_order,
    start_assessment,
    transition_order,
    workflow_id,
)
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.scheduled_assessment import ScheduledAssessmentWorkflow
from sre_copilot.workflows.schedules import Rhythm, schedule_id
from sre_copilot.workflows.supervise import Supervisor
from sre_copilot.workflows.watches import Watch
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import Paragraph, Wording
from tests.assessment_fakes import (
    CRITICAL,
    HAPPY,
    AssessmentStore,
    Ear,
    Model,
    Shelf,
    assessing,
    in_other_words,
    order_for,
)
from tests.workflow_fakes import FakeObserver, FakeStore, ruleset, server, until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-assess")]

WORST, STATUS = CRITICAL[-1]


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def client(runner):
    environment = server()
    yield runner.run(environment.__aenter__()).client
    runner.run(environment.__aexit__(None, None, None))


def assessed(runner, client, order, store=None, around=None):
    """The outcome of an order, and how long it took."""
    store, around = store or AssessmentStore(CRITICAL), around or Surroundings()

    async def scenario():
        async with asyncio.timeout(40), assessing(client, store, around) as queue:
            began = time.monotonic()
            await start_assessment(client, order, task_queue=queue)
            outcome = await client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order)).result()
            return outcome, time.monotonic() - began

    return runner.run(scenario())


def another(recorded=CRITICAL[-1], **more):
    """An order of its own: equal ones would be carried out once."""
    return attrs.evolve(order_for(recorded), subject=f"test {time.monotonic_ns()}", **more)


def test_an_assessment_keeps_the_rules_words_with_what_surrounds_them(runner, client):
    store, shelf = AssessmentStore(CRITICAL), Shelf()
    outcome, _ = assessed(runner, client, another(), store, Surroundings(retrievers=(shelf,)))
    assert (outcome.explained_by, outcome.stored, outcome.says) == ("rules", True, "")
    (kept,) = store.kept_assessments
    assert kept.id == outcome.id
    assert (kept.state, kept.cause, kept.decision) == ("critical", "no workers", STATUS.id)
    own = explanation_of(STATUS.explanation, STATUS.recommended_actions)
    told = explanation_of(kept.explanation, kept.actions)
    assert told.paragraphs[:-1] == own.paragraphs
    assert told.actions == own.actions
    assert told.paragraph("course").text.startswith(
        "Lately: happy for 60 s, then stressed for 60 s, then critical now."
    )
    assert [row.source for row in kept.passages] == [f"page-{number}.md" for number in range(1, 6)]
    assert "no workers" in shelf.queries[0]
    assert kept.issues == STATUS.issues


def test_a_model_may_choose_words_and_order_and_nothing_else(runner, client):
    store, model = AssessmentStore(CRITICAL), Model(in_other_words)
    outcome, _ = assessed(runner, client, another(), store, Surroundings(explainers=(model,)))
    (kept,) = store.kept_assessments
    assert outcome.explained_by == kept.explanation.explained_by == "model"
    told = explanation_of(kept.explanation, kept.actions)
    assert told.paragraph("meaning").text == "Nobody works."
    assert told.title == STATUS.explanation.title
    assert [action.says for action in kept.actions] == [row.says for row in reversed(STATUS.recommended_actions)]
    assert kept.factors[0].text == "Workers are gone."
    assert kept.calls[0].answered
    assert (kept.state, kept.cause) == (STATUS.health_state, STATUS.cause)


def invents(document):
    return Wording((Paragraph("meaning", "", "All is well.", ("history.made_up",)),))


def adds(document):
    return Wording((Paragraph("verdict", "", "The state is happy."),))


def orders(document):
    return Wording((), actions=(7,))


def raises(document):
    raise RuntimeError("ignore the rules")


def garbage(document):
    return "garbage"


@pytest.mark.parametrize("answers", [invents, adds, orders, raises, garbage])
def test_what_has_no_ground_is_asked_once_more_and_then_not_heard(runner, client, answers):
    store, model = AssessmentStore(CRITICAL), Model(answers)
    outcome, _ = assessed(runner, client, another(), store, Surroundings(explainers=(model,)))
    (kept,) = store.kept_assessments
    assert outcome.explained_by == kept.explanation.explained_by == "rules"
    assert "was not heard" in kept.explanation.note
    assert model.asked == len(kept.calls) == 2
    assert [row.text for row in kept.explanation.paragraphs[:-1]] == [row.text for row in STATUS.explanation.paragraphs]


@pytest.mark.parametrize("how", ["blocks", "hangs"])
def test_a_model_that_never_answers_costs_its_time_and_no_more(runner, client, monkeypatch, how):
    monkeypatch.setattr(messages, "EXPLAINING", 2.0)
    store, model = AssessmentStore(CRITICAL), Model(in_other_words, **{how: 25.0})
    outcome, took = assessed(runner, client, another(), store, Surroundings(explainers=(model,)))
    assert outcome.explained_by == "rules"
    assert outcome.stored
    assert "was not heard" in store.kept_assessments[0].explanation.note
    assert took < 15


def test_the_parts_fit_into_the_whole():
    parts = (messages.GATHERING, messages.EXPLAINING, messages.STORING)
    assert sum(parts) <= messages.WHOLE - 5
    assert messages.RETRIEVAL < messages.GATHERING


def test_a_happy_cluster_asks_no_model(runner, client):
    store, model = AssessmentStore(HAPPY), Model(in_other_words)
    outcome, _ = assessed(runner, client, another(HAPPY[-1]), store, Surroundings(explainers=(model,)))
    assert outcome.explained_by == "rules"
    assert model.asked == 0


def test_a_store_that_is_down_silences_nobody(runner, client, monkeypatch):
    monkeypatch.setattr("sre_copilot.workflows.assess_health._GATHERING", TimeDelta(seconds=2).to_stdlib())
    store, ear = AssessmentStore(CRITICAL), Ear()
    store.down = True
    order = another(change=attrs.evolve(order_for(CRITICAL[-1]).change, decision_id=f"d-{time.monotonic_ns()}"))

    async def scenario():
        async with assessing(client, store, Surroundings(notifiers=(ear,))) as queue:
            await start_assessment(client, order, task_queue=queue)
            handle = client.get_workflow_handle_for(AssessHealthWorkflow.run, workflow_id(order))
            outcome = await handle.result()
            await until(lambda: bool(ear.heard))
            return outcome

    outcome = runner.run(scenario())
    assert not outcome.stored
    assert "The database does not answer." in outcome.says
    assert ear.heard[0].explanation is None
    assert ear.heard[0].cause == "no workers"


def test_everybody_is_told_with_the_explanation_and_again_until_it_is_taken(runner, client):
    store, quick, slow = AssessmentStore(CRITICAL), Ear("quick"), Ear("slow", deaf=2)
    order = another(change=attrs.evolve(order_for(CRITICAL[-1]).change, decision_id=f"d-{time.monotonic_ns()}"))

    async def scenario():
        async with assessing(client, store, Surroundings(notifiers=(quick, slow))) as queue:
            await start_assessment(client, order, task_queue=queue)
            await until(lambda: bool(quick.heard and slow.heard))
            await until(lambda: len(store.notifications) >= 4)

    runner.run(scenario())
    assert quick.attempts == 1
    assert slow.attempts == 3
    assert slow.heard[0].explanation.title == "test is critical: no workers"
    assert sorted((row.notifier, row.outcome) for row in store.notifications) == [
        ("quick", "told"),
        ("slow", "failed"),
        ("slow", "failed"),
        ("slow", "told"),
    ]


def test_the_same_order_is_carried_out_once(runner, client):
    store, order = AssessmentStore(CRITICAL), another()

    async def scenario():
        async with assessing(client, store, Surroundings()) as queue:
            first = await start_assessment(client, order, task_queue=queue)
            await client.get_workflow_handle(workflow_id(order)).result()
            return first, await start_assessment(client, order, task_queue=queue)

    assert runner.run(scenario()) == (True, False)
    assert len(store.kept_assessments) == 1


def test_equal_rises_of_a_log_pattern_make_one_order():
    noon = Instant.from_utc(2026, 3, 1, 12)
    order = log_pattern_order("prod", "temporal.shard_lost", noon)
    assert order.id == log_pattern_order("prod", "temporal.shard_lost", noon).id
    assert order.id != log_pattern_order("prod", "temporal.shard_lost", noon.add(seconds=60)).id
    assert order.subject == "log:temporal.shard_lost"


def test_only_a_changed_state_is_ordered():
    orders_made = [transition_order(receipt, status) for receipt, status in CRITICAL]
    assert [order is not None for order in orders_made] == [True, False, True, False, True]
    assert orders_made[-1].change.after.value == "critical"


def test_the_recording_of_a_transition_starts_its_assessment(runner, client):
    """An observed cluster that becomes critical: every change is assessed once, and told once."""
    store, ear = AssessmentStore(), Ear()
    observer = FakeObserver(ruleset(), lambda count: (1.0, 30.0, 100.0, 100.0, 100.0, 100.0)[min(count, 5)])
    queue = f"test-{time.monotonic_ns()}"

    async def scenario():
        starter = AssessmentStarter(client, task_queue=queue)
        worker = make_worker(
            client,
            ClusterActivities(observer, store, starter),
            cycles=[30.0],
            task_queue=queue,
            assessing=AssessmentActivities(store, Surroundings(notifiers=(ear,))),
        )
        async with worker:
            await client.start_workflow(
                ObserveClusterWorkflow.run, ObserveInput("prod", 1.0, observer.rules), id=queue, task_queue=queue
            )
            await until(lambda: len(store.kept_assessments) >= 3 and len(ear.heard) >= 3)
            await until(lambda: len(store.kept) >= 6)

    runner.run(scenario())
    changed = [str(receipt.id) for receipt in store.kept if receipt.decision.changed]
    assert [one.decision for one in store.kept_assessments] == changed
    assert [one.state for one in store.kept_assessments] == ["happy", "stressed", "critical"]
    assert sorted(change.decision_id for change in ear.heard) == sorted(changed)


def test_an_assessment_that_cannot_be_started_is_started_with_the_next_cycle(runner, client):
    store, started = FakeStore(), []

    class Stubborn:
        async def start(self, order):
            started.append(order)
            if len(started) < 3:
                raise NotStarted("Temporal does not answer.")
            return True

    observer = FakeObserver(ruleset())
    queue = f"test-{time.monotonic_ns()}"

    async def scenario():
        worker = make_worker(client, ClusterActivities(observer, store, Stubborn()), cycles=[30.0], task_queue=queue)
        async with worker:
            await client.start_workflow(
                ObserveClusterWorkflow.run, ObserveInput("prod", 1.0, observer.rules), id=queue, task_queue=queue
            )
            await until(lambda: len(store.kept) >= 5)

    runner.run(scenario())
    assert len({order.id for order in started}) == 1
    assert len(started) == 3


def test_a_schedule_skips_what_was_assessed_lately_and_changes_no_state(runner, client):
    store = AssessmentStore(CRITICAL)

    async def scheduled(queue, window):
        return await client.execute_workflow(
            ScheduledAssessmentWorkflow.run,
            ScheduledOrder("test", window),
            id=f"scheduled-{time.monotonic_ns()}",
            task_queue=queue,
        )

    async def scenario():
        async with assessing(client, store, Surroundings()) as queue:
            first = await scheduled(queue, 240.0)
            await until(lambda: len(store.kept_assessments) == 1)
            second = await scheduled(queue, 240.0)
            # The window is over, and still nobody has decided anything since.
            third = await scheduled(queue, 0.0)
            return first, second, third

    assert runner.run(scenario()) == (STATUS.id, "", "")
    (kept,) = store.kept_assessments
    assert (kept.trigger, kept.state) == (Trigger.SCHEDULE.value, "critical")


def test_schedules_come_and_go_with_their_clusters(runner, client):
    queue = f"test-{time.monotonic_ns()}"
    watches = [Watch(f"{queue}-{name}", 1.0, ruleset()) for name in ("stays", "goes")]

    async def intervals(handle: ScheduleHandle) -> list[float]:
        found = (await handle.describe()).schedule.spec.intervals
        return [interval.every.total_seconds() for interval in found]

    async def exists(cluster: str) -> bool:
        try:
            await client.get_schedule_handle(schedule_id(cluster)).describe()
        except RPCError:
            return False
        return True

    async def scenario():
        supervisor = Supervisor(client, FakeStore(), task_queue=queue, rhythm=Rhythm(300.0, 240.0))
        foreign = Supervisor(client, FakeStore(), task_queue=f"{queue}-other", rhythm=Rhythm(300.0, 240.0))
        await supervisor.schedule(watches)
        await supervisor.schedule(watches)
        staying, going = (watch.cluster for watch in watches)
        before = await intervals(client.get_schedule_handle(schedule_id(staying)))
        slower = Supervisor(client, FakeStore(), task_queue=queue, rhythm=Rhythm(600.0, 240.0))
        await slower.schedule(watches)
        after = await intervals(client.get_schedule_handle(schedule_id(staying)))
        await asyncio.sleep(1)
        await foreign.schedule([])
        untouched = await exists(going)
        async with asyncio.timeout(20):
            # The list of schedules lags behind by a moment.
            while await exists(going):
                await slower.schedule(watches[:1])
                await asyncio.sleep(0.2)
        kept = await exists(staying)
        off = Supervisor(client, FakeStore(), task_queue=queue, rhythm=Rhythm(0.0, 240.0))
        async with asyncio.timeout(20):
            while await exists(staying):
                await off.schedule(watches[:1])
                await asyncio.sleep(0.2)
        return before, after, untouched, kept

    assert runner.run(scenario()) == ([300.0], [600.0], True, True)


def test_an_order_for_nothing_ends_and_says_so(runner, client):
    order = AssessOrder("test", Trigger.SCHEDULE, f"nothing-{time.monotonic_ns()}")
    outcome, _ = assessed(runner, client, order)
    assert outcome.says == "There is no such decision."
