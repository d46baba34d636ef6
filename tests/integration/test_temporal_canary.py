"""The canary on a real server: it gets through, is seen when it cannot, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from whenever import Instant

from sre_copilot_hookspecs import (
    CheckOutcome,
    CheckResult,
    Cluster,
    Missing,
    MissingReason,
    Reading,
    ReadRequest,
    Sample,
    TemporalConnection,
)
from sre_copilot_temporal.canary.source import CanarySource
from sre_copilot_temporal.checks import TemporalChecks, checked_canary
from sre_copilot_temporal.metrics import CANARY_QUEUE
from sre_copilot_temporal.settings import TemporalSettings
from sre_copilot_temporal.signals.canary import CANARY_ROUND_TRIP, CANARY_SUCCESS
from tests.temporal_api import dev_server, free_port, watched

pytestmark = pytest.mark.integration

SUCCESS, ROUND_TRIP = CANARY_SUCCESS.key, CANARY_ROUND_TRIP.key


@attrs.frozen
class Watching:
    """Settings with one cluster, as far as checks look at them."""

    clusters: tuple[Cluster, ...]


@asynccontextmanager
async def flying(
    address: str, *, canary: bool = True, seconds: float = 5.0, connection: TemporalConnection | None = None
) -> AsyncIterator[CanarySource]:
    """An opened source that closes at once and leaves no task behind."""
    source = CanarySource()
    settings = TemporalSettings(canary=canary, canary_timeout=seconds)
    await source.open(watched(address, settings=settings, connection=connection))
    try:
        yield source
    finally:
        began = time.monotonic()
        await source.close()
        assert time.monotonic() - began < 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def sent(source: CanarySource, deadline: float = 6.0) -> Reading:
    began = time.monotonic()
    reading = await source.read(ReadRequest(Instant.now(), "prod", (CANARY_SUCCESS, CANARY_ROUND_TRIP), deadline))
    assert time.monotonic() - began < deadline + 0.2
    return reading


async def executions(address: str) -> list[WorkflowExecutionStatus | None]:
    client = await Client.connect(address)
    query = f"WorkflowType = '{CANARY_QUEUE}'"
    return [execution.status async for execution in client.list_workflows(query)]


def test_it_gets_through_once_for_each_reading() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            async with flying(server.address) as source:
                for _ in range(3):
                    reading = await sent(source)
                    assert reading.value(SUCCESS) == 1.0, dict(reading.samples)
                    assert 0 < (reading.value(ROUND_TRIP) or 0) < 3
            # Lists are eventually consistent.
            for _ in range(50):
                found = await executions(server.address)
                if found == [WorkflowExecutionStatus.COMPLETED] * 3:
                    return
                await asyncio.sleep(0.1)
            raise AssertionError(found)

    asyncio.run(ask())


def test_several_copilots_share_the_queue() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            async with flying(server.address) as one, flying(server.address) as other:
                for _ in range(5):
                    readings = await asyncio.gather(sent(one), sent(other))
                    assert [reading.value(SUCCESS) for reading in readings] == [1.0, 1.0]

    asyncio.run(ask())


def test_a_frozen_server_lets_nothing_through_and_costs_no_more_than_its_time() -> None:
    async def ask() -> None:
        with dev_server() as server:
            await server.start()
            assert server.process is not None
            async with flying(server.address, seconds=1.0) as source:
                assert (await sent(source)).value(SUCCESS) == 1.0
                os.kill(server.process.pid, signal.SIGSTOP)
                try:
                    for _ in range(2):
                        reading = await sent(source, deadline=1.5)
                        failed = reading.sample(SUCCESS)
                        assert failed is not None
                        assert failed.value == 0.0
                        assert "did not answer" in failed.note
                        assert reading.samples[ROUND_TRIP].reason is MissingReason.NO_DATA  # type: ignore[union-attr]
                finally:
                    os.kill(server.process.pid, signal.SIGCONT)
                for _ in range(10):
                    reading = await sent(source)
                    if reading.value(SUCCESS) == 1.0:
                        break
                assert reading.value(SUCCESS) == 1.0

    asyncio.run(ask())


def test_nobody_there_is_a_failure_and_a_namespace_that_is_not_there_is_our_mistake() -> None:
    async def ask() -> None:
        async with flying(f"127.0.0.1:{free_port()}", seconds=1.0) as source:
            assert (await sent(source)).value(SUCCESS) == 0.0
        with dev_server() as server:
            await server.start()
            nowhere = TemporalConnection(server.address, namespace="nowhere")
            async with flying(server.address, connection=nowhere) as source:
                found = (await sent(source)).samples[SUCCESS]
                assert isinstance(found, Missing)
                assert found.reason is MissingReason.REJECTED
                assert "nowhere" in found.detail

    asyncio.run(ask())


def test_off_it_asks_nobody_and_says_how_to_turn_it_on() -> None:
    async def ask() -> None:
        async with flying("127.0.0.1:1", canary=False) as source:
            reading = await sent(source)
            off = "The canary is off; set clusters.prod.temporal_api.canary = true."
            assert reading.samples == dict.fromkeys((SUCCESS, ROUND_TRIP), Missing(MissingReason.NO_DATA, off))
            assert not any(isinstance(found, Sample) for found in reading.samples.values())

    asyncio.run(ask())


def test_the_doctor_tells_whether_it_is_on_and_gets_through() -> None:
    async def ask(address: str, *, canary: bool) -> CheckResult:
        cluster = watched(address, settings=TemporalSettings(canary=canary))
        results = await TemporalChecks().run(Watching((cluster,)))  # type: ignore[arg-type]
        (found,) = (result for result in results if result.name == "prod: canary")
        return found

    async def check() -> None:
        with dev_server() as server:
            await server.start()
            off = await ask(server.address, canary=False)
            assert "set clusters.prod.temporal_api.canary = true" in off.says
            assert await executions(server.address) == []
            on = await ask(server.address, canary=True)
            assert on.outcome is CheckOutcome.OK
            assert "came back in" in on.says

    asyncio.run(check())


def test_the_doctor_names_the_right_that_the_canary_lacks() -> None:
    async def check() -> CheckResult:
        with dev_server() as server:
            await server.start()
            # The frontend answers, and knows no such namespace to start a workflow in.
            connection = TemporalConnection(server.address, namespace="nowhere")
            cluster = watched(server.address, connection=connection, settings=TemporalSettings(canary=True))
            return await checked_canary(cluster)

    found = asyncio.run(check())
    assert found.outcome is CheckOutcome.FAILED
    assert "nowhere" in found.says
    assert "the right to start workflows; see clusters.prod.temporal_api.canary." in found.says
