"""What the source reads from a real Temporal server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio import activity, workflow
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from whenever import TimeDelta

from sre_copilot_hookspecs import CheckOutcome, Missing, MissingReason, Reading, TemporalConnection
from sre_copilot_temporal.api import frontend
from sre_copilot_temporal.checks import TemporalChecks
from sre_copilot_temporal.settings import TemporalSettings
from tests.temporal_api import BINARY, SIGNALS, asking, at_least, probed, watched

pytestmark = pytest.mark.integration


@workflow.defn(name="Waits")
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@activity.defn
async def nothing() -> None:
    """Only there so that the worker polls for activities."""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with asyncio.Runner() as runner:
        start = WorkflowEnvironment.start_local(
            dev_server_existing_path=str(BINARY), dev_server_log_level="never", ui=False
        )
        environment = runner.run(start)
        try:
            yield environment.client
        finally:
            runner.run(environment.shutdown())


@pytest.fixture
def address(client: Client) -> str:
    return client.service_client.config.target_host


@pytest.fixture
def namespace(client: Client) -> str:
    """A namespace of the test's own, so that tests do not see each other's queues."""
    name = f"n{uuid.uuid4().hex[:12]}"
    asyncio.run(_register(client, name))
    return name


async def _register(client: Client, name: str) -> None:
    service = client.workflow_service
    await service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=Duration(seconds=86400))
    )
    # The frontend learns of a new namespace with its next refresh; until then it knows none of that name.
    for _ in range(200):
        try:
            await service.describe_namespace(DescribeNamespaceRequest(namespace=name))
            await Client(client.service_client, namespace=name).count_workflows()
        except RPCError:
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail(f"namespace {name} did not appear")


async def start(client: Client, namespace: str, queue: str, count: int = 1) -> None:
    inside = Client(client.service_client, namespace=namespace)
    for _ in range(count):
        await inside.start_workflow("Waits", id=uuid.uuid4().hex, task_queue=queue)


def test_an_idle_cluster_has_no_backlog_and_no_worker(address: str, namespace: str) -> None:
    async def ask() -> None:
        async with asking(watched(address, namespaces=(namespace,))) as asked:
            reading = await asked.read()
        assert reading.value("frontend.reachable") == 1.0
        assert 0.0 < (reading.value("frontend.probe_latency") or 0.0) < 2.0
        for key in ("matching.backlog", "matching.backlog_age", "matching.api_add_rate", "workers.running"):
            assert reading.value(key) == 0.0, key
        assert reading.value("workflows.running") == reading.value("workflows.stuck") == 0.0
        assert reading.samples["workers.pollers"] == Missing(MissingReason.NO_DATA, "No task queue is in use.")

    asyncio.run(ask())


def test_a_queue_that_nobody_ever_polled_is_found_through_its_workflows(
    client: Client, address: str, namespace: str
) -> None:
    async def ask() -> None:
        await start(client, namespace, "orders", 3)
        async with asking(watched(address, namespaces=(namespace,))) as asked:
            reading = await asked.until(at_least("matching.backlog", 3))
        backlog = reading.sample("matching.backlog")
        assert backlog is not None
        assert [found.labels for found in backlog.series] == [
            (("namespace", namespace), ("task_type", "Workflow"), ("taskqueue", "orders"))
        ]
        assert reading.value("workers.pollers") == 0.0
        assert reading.value("workflows.running") == 3.0
        assert (reading.value("matching.backlog_age") or 0.0) > 0.0
        assert (reading.value("matching.api_add_rate") or 0.0) > 0.0

    asyncio.run(ask())


def test_the_copilots_own_work_is_never_demand(client: Client, address: str, namespace: str) -> None:
    async def ask() -> None:
        await start(client, namespace, "sre-copilot-probe", 2)
        await start(client, namespace, "orders")
        async with asking(watched(address, namespaces=(namespace, "temporal-system"))) as asked:
            reading = await asked.until(at_least("matching.backlog", 1))
        assert reading.value("matching.backlog") == 1.0
        assert reading.value("workflows.running") == 1.0

    asyncio.run(ask())


def test_a_running_worker_is_seen_by_its_polls_and_its_heartbeats(client: Client, address: str, namespace: str) -> None:
    async def ask() -> None:
        runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=TimeDelta(seconds=1).to_stdlib())
        workers_client = await Client.connect(address, namespace=namespace, runtime=runtime)
        await start(client, namespace, "orders")
        worker = Worker(
            workers_client,
            task_queue="orders",
            workflows=[Waits],
            activities=[nothing],
            workflow_runner=UnsandboxedWorkflowRunner(),
            build_id="test",
            max_concurrent_activities=7,
        )
        async with worker, asking(watched(address, namespaces=(namespace,)), alone=False) as asked:
            reading = await asked.until(_started)
        assert _by(reading, "workers.reported_slots_available", "kind")["activity"] == 7.0

    asyncio.run(ask())


def _started(reading: Reading) -> bool:
    """Whether the worker polls for everything and told of all its slots, which it does bit by bit."""
    slots = _by(reading, "workers.reported_slots_available", "kind")
    pollers = _by(reading, "workers.pollers", "task_type")
    polls = set(pollers) == {"Workflow", "Activity"} and min(pollers.values()) >= 1.0
    runs = reading.value("workers.running") == 1.0
    return runs and polls and set(slots) == {"activity", "workflow", "local_activity"}


def _by(reading: Reading, key: str, label: str) -> dict[str, float]:
    sample = reading.sample(key)
    return {dict(found.labels)[label]: found.value for found in sample.series} if sample else {}


def test_the_backlog_of_a_worker_deployment_is_seen(client: Client, address: str, namespace: str) -> None:
    version = WorkerDeploymentVersion("shop", "v1")

    async def ask() -> None:
        inside = Client(client.service_client, namespace=namespace)
        worker = Worker(
            inside,
            task_queue="orders",
            workflows=[Waits],
            workflow_runner=UnsandboxedWorkflowRunner(),
            deployment_config=WorkerDeploymentConfig(
                version=version,
                use_worker_versioning=True,
                default_versioning_behavior=VersioningBehavior.PINNED,
            ),
        )
        async with worker:
            await _make_current(inside, version)
        await start(client, namespace, "orders", 4)
        async with asking(watched(address, namespaces=(namespace,))) as asked:
            await asked.until(at_least("matching.backlog", 4))

    asyncio.run(ask())


async def _make_current(client: Client, version: WorkerDeploymentVersion) -> None:
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        ignore_missing_task_queues=True,
    )
    for _ in range(200):
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError:
            await asyncio.sleep(0.1)
        else:
            return
    pytest.fail("the version did not become current")


def test_more_queues_than_one_cycle_asks_take_turns(client: Client, address: str, namespace: str) -> None:
    names = tuple(f"queue-{number}" for number in range(5))

    async def ask() -> None:
        for number, name in enumerate(names):
            await start(client, namespace, name, number + 1)
        cluster = watched(
            address,
            namespaces=(namespace,),
            task_queues=names,
            settings=TemporalSettings(describe_per_cycle=2),
        )
        async with asking(cluster) as asked:
            first = (await asked.read(probed("matching.backlog"))).sample("matching.backlog")
            assert first is not None
            assert len(first.series) == 2
            assert "3 of 5 known task queues gave no answer yet" in first.note
            await asked.read(probed("matching.backlog"))
            reading = await asked.read(probed("matching.backlog", cap=3))
        backlog = reading.sample("matching.backlog")
        assert backlog is not None
        assert backlog.value == 15.0
        assert [found.value for found in backlog.series] == [5.0, 4.0, 3.0]
        assert backlog.dropped == 2
        assert "of 5 task queues were last asked up to" in backlog.note

    asyncio.run(ask())


def test_a_namespace_that_does_not_exist_is_rejected_by_a_reachable_frontend(address: str) -> None:
    connection = TemporalConnection(address, namespace="nowhere")

    async def ask() -> None:
        async with asking(watched(address, namespaces=("nowhere",), connection=connection)) as asked:
            reading = await asked.read()
        assert reading.value("frontend.reachable") == 1.0
        missing = dict(reading.missing())
        assert set(missing) == {signal.key for signal in SIGNALS} - {
            "frontend.reachable",
            "frontend.probe_latency",
        }
        says = f"{address} knows no namespace 'nowhere'; check clusters.prod.temporal.namespace."
        assert set(missing.values()) == {Missing(MissingReason.REJECTED, says)}

    asyncio.run(ask())


def test_one_missing_namespace_does_not_hide_the_others(client: Client, address: str, namespace: str) -> None:
    async def ask() -> None:
        await start(client, namespace, "orders")
        async with asking(watched(address, namespaces=(namespace, "nowhere"))) as asked:
            reading = await asked.until(at_least("workflows.running", 1))
        running = reading.sample("workflows.running")
        assert running is not None
        assert "nowhere is not found" in running.note

    asyncio.run(ask())


def test_a_server_without_the_search_attribute_does_not_emit_stuck_workflows(
    address: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This server has it, so the query asks for one that no server has.
    monkeypatch.setattr(frontend, "_STUCK", "TemporalReportedProblemsOfOld IS NOT NULL")

    async def ask() -> None:
        async with asking(watched(address, namespaces=(namespace,))) as asked:
            reading = await asked.read()
        stuck = reading.samples["workflows.stuck"]
        assert isinstance(stuck, Missing)
        assert stuck.reason is MissingReason.NOT_EMITTED
        assert reading.value("workflows.running") == 0.0

    asyncio.run(ask())


def test_what_the_source_does_not_know_is_not_emitted(address: str) -> None:
    async def ask() -> None:
        async with asking(watched(address)) as asked:
            reading = await asked.read(probed("frontend.colour"))
        assert reading.samples == {
            "frontend.colour": Missing(MissingReason.NOT_EMITTED, "temporal_api does not know frontend.colour.")
        }

    asyncio.run(ask())


class _Settings:
    def __init__(self, *clusters: object) -> None:
        self.clusters = clusters


def test_the_checks_tell_what_is_there_and_what_is_not(client: Client, address: str, namespace: str) -> None:
    async def check() -> None:
        await start(client, namespace, "orders", 2)
        cluster = watched(address, namespaces=(namespace, "nowhere"))
        # The server counts a workflow some milliseconds after it accepted it.
        async with asking(cluster) as asked:
            await asked.until(at_least("workflows.running", 2))
            await asked.until(at_least("matching.backlog", 2))
        results = await TemporalChecks().run(_Settings(cluster))  # type: ignore[arg-type]
        found = {result.name: result for result in results}
        assert found["prod: frontend"].outcome is CheckOutcome.OK
        assert found["prod: frontend"].says.startswith("Temporal 1.")
        assert found[f"prod: namespace {namespace}"].outcome is CheckOutcome.OK
        assert found["prod: namespace nowhere"].outcome is CheckOutcome.FAILED
        assert "clusters.prod.namespaces" in found["prod: namespace nowhere"].says
        unpolled = found["prod: task queue orders"]
        assert unpolled.outcome is CheckOutcome.WARNING
        assert "2 wait; start a worker" in unpolled.says
        assert "prod: worker list" in found

    asyncio.run(check())
