"""What runs follows the settings: started once, told of changes, ended when it is not wanted any more."""

from __future__ import annotations

import asyncio
import contextlib
import uuid

import attrs
import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.worker import Worker
from whenever import Instant, TimeDelta

from sre_copilot.health.encoding import digest
from sre_copilot.health.memory import Memory
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.workflows import supervise
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot.workflows.supervise import PREFIX, Supervisor
from sre_copilot.workflows.watches import Watch
from sre_copilot.workflows.worker import make_worker
from tests.workflow_fakes import FakeObserver, FakeStore, ruleset, server, until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-supervise")]


@workflow.defn(name="ObserveClusterWorkflow", sandboxed=False)
class FormerWorkflow:
    """Another program under the same name: its histories cannot be replayed by ours."""

    @workflow.run
    async def run(self, start: ObserveInput) -> None:
        await workflow.execute_activity("former", schedule_to_close_timeout=TimeDelta(hours=1).to_stdlib())


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def client(runner):
    environment = server()
    yield runner.run(environment.__aenter__()).client
    runner.run(environment.__aexit__(None, None, None))


class Scene:
    """A worker on a queue of its own, and a supervisor of it. Clusters are named after the queue."""

    def __init__(self, client):
        self.client = client
        self.queue = f"supervise-{uuid.uuid4().hex[:8]}"
        self.observer, self.store = FakeObserver(ruleset()), FakeStore()
        self.supervisor = Supervisor(client, self.store, task_queue=self.queue)

    @contextlib.asynccontextmanager
    async def working(self):
        activities = ClusterActivities(self.observer, self.store)
        async with make_worker(self.client, activities, cycles=[30.0], task_queue=self.queue):
            yield

    def watch(self, name="a", *, cycle=1.0, rules=None):
        return Watch(f"{self.queue}-{name}", cycle, rules or self.observer.rules)

    def handle(self, watch):
        return self.client.get_workflow_handle_for(ObserveClusterWorkflow.run, PREFIX + watch.cluster)

    async def status(self, watch):
        return await self.handle(watch).query(ObserveClusterWorkflow.status)

    async def run_id(self, watch):
        return (await self.handle(watch).describe()).run_id


def test_a_second_supervisor_changes_nothing(runner, client):
    scene = Scene(client)
    watch = scene.watch()

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            first = await scene.run_id(watch)
            await scene.supervisor.tend([watch])
            history = await scene.handle(watch).fetch_history()
            return first, await scene.run_id(watch), history

    first, second, history = runner.run(scenario())
    assert first == second
    update = "workflow_execution_update_accepted_event_attributes"
    assert not any(event.HasField(update) for event in history.events)
    assert scene.store.registered == {watch.cluster: 1.0}


def test_other_rules_are_handed_to_the_running_workflow(runner, client):
    scene = Scene(client)
    watch, stricter = scene.watch(), ruleset(critical=5)

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            first = await scene.run_id(watch)
            await scene.supervisor.tend([attrs.evolve(watch, ruleset=stricter)])
            await until(lambda: any(kept.decision.ruleset == digest(stricter) for kept in scene.store.kept))
            return first, await scene.run_id(watch)

    first, second = runner.run(scenario())
    assert first == second


def test_a_person_hands_rules_over_and_unusable_ones_change_nothing(runner, client):
    scene = Scene(client)
    watch, stricter = scene.watch(), ruleset(critical=5)

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            before = await supervise.hand_over(client, watch.cluster, stricter)
            assert before == digest(watch.ruleset)
            assert await supervise.hand_over(client, watch.cluster, stricter) == digest(stricter)
            await until(lambda: any(kept.decision.ruleset == digest(stricter) for kept in scene.store.kept))
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await supervise.hand_over(client, watch.cluster, attrs.evolve(stricter, gates=()))
            assert "no gates" in str(refused.value.cause)
            return await scene.status(watch)

    status = runner.run(scenario())
    assert (status.ruleset, status.pending) == (digest(stricter), None)
    used = [kept.decision.ruleset for kept in scene.store.kept]
    # At a cycle boundary, once, and for good.
    assert used == sorted(used, key=lambda name: name == digest(stricter))


def test_another_cycle_starts_anew_and_forgets_nothing(runner, client):
    scene = Scene(client)
    watch = scene.watch()
    scene.store.outage = lambda attempt: attempt >= 1

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            await until(lambda: scene.store.attempts >= 3)
            await scene.supervisor.tend([attrs.evolve(watch, cycle=2.0)])
            scene.store.outage = lambda _: False
            await until(lambda: len(scene.store.kept) >= 4)
            description = await scene.handle(watch).describe()
            return await scene.status(watch), description.raw_description

    status, description = runner.run(scenario())
    assert status.cycle == 2.0
    assert description.execution_config.default_workflow_task_timeout.ToSeconds() == 2
    assert status.dropped == 0
    cycles = [receipt.decision.memory.cycles for receipt in scene.store.kept]
    assert cycles[:4] == [1, 2, 3, 4]


def test_a_shorter_cycle_does_not_wait_for_the_end_of_a_long_one(runner, client):
    scene = Scene(client)
    watch = scene.watch(cycle=600.0)

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            await until(lambda: len(scene.store.kept) >= 1)
            await scene.supervisor.tend([attrs.evolve(watch, cycle=1.0)])
            await until(lambda: len(scene.store.kept) >= 2, within=10)

    runner.run(scenario())
    assert [receipt.decision.memory.cycles for receipt in scene.store.kept[:2]] == [1, 2]


def test_what_is_not_in_the_settings_any_more_ends(runner, client):
    scene = Scene(client)
    staying, going = scene.watch("stays"), scene.watch("goes")

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([staying, going])
            await until(lambda: len(scene.store.of("prod")) >= 2)
            await scene.supervisor.tend([staying])
            gone = await scene.handle(going).describe()
            return gone.status, (await scene.handle(staying).describe()).status

    gone, stayed = runner.run(scenario())
    assert gone is WorkflowExecutionStatus.CANCELED
    assert stayed is WorkflowExecutionStatus.RUNNING
    assert scene.store.removed == [going.cluster]


@pytest.mark.parametrize(("age", "remembered"), [(60, True), (7200, False)], ids=["a minute", "two hours"])
def test_what_the_store_remembers_is_gone_on_from_unless_it_is_old(runner, client, age, remembered):
    scene = Scene(client)
    watch = scene.watch()

    async def last_memory(_cluster):
        return Memory(critical_cycles=2, cycles=70)

    async def latest_status(_cluster):
        return attrs.make_class("Status", {"observed_at": attrs.field()})(Instant.now().subtract(seconds=age))

    scene.store.last_memory, scene.store.latest_status = last_memory, latest_status

    async def scenario():
        async with scene.working():
            await scene.supervisor.tend([watch])
            await until(lambda: len(scene.store.kept) >= 1)

    runner.run(scenario())
    assert scene.store.kept[0].before == (Memory(critical_cycles=2, cycles=70) if remembered else Memory())


def test_a_store_that_is_down_keeps_no_cluster_from_being_watched(runner, client, monkeypatch):
    monkeypatch.setattr(supervise, "PAUSE", 0.2)
    scene = Scene(client)
    watch = scene.watch()
    asked = []

    async def down(*arguments):
        asked.append(arguments)
        if len(asked) < 6:
            raise StorageUnavailable("The database does not answer.")
        scene.store.registered[watch.cluster] = watch.cycle

    scene.store.latest_status = scene.store.register_cluster = down

    async def scenario():
        async with scene.working():
            tending = asyncio.create_task(scene.supervisor.tend([watch]))
            await until(lambda: len(scene.store.kept) >= 1)
            await asyncio.wait_for(tending, 20)

    runner.run(scenario())
    assert watch.cluster in scene.store.registered


def test_a_workflow_that_no_worker_can_go_on_with_is_replaced(runner, client, monkeypatch):
    monkeypatch.setattr(supervise, "PAUSE", 0.2)
    scene = Scene(client)
    watch = scene.watch()

    async def scenario():
        state = ObserveInput(watch.cluster, watch.cycle, watch.ruleset)
        async with Worker(client, task_queue=scene.queue, workflows=[FormerWorkflow], build_id="former"):
            former = await client.start_workflow(
                FormerWorkflow.run, state, id=PREFIX + watch.cluster, task_queue=scene.queue
            )
            await asyncio.sleep(0.5)
        async with scene.working():
            await asyncio.wait_for(scene.supervisor.tend([watch]), 60)
            await until(lambda: len(scene.store.kept) >= 1)
        replaced = client.get_workflow_handle(former.id, run_id=former.first_execution_run_id)
        return (await replaced.describe()).status

    assert runner.run(scenario()) is WorkflowExecutionStatus.TERMINATED
