"""``python -m sre_copilot_local.workload.worker ADDRESS --metrics HOST:PORT``: one worker for orders."""

from __future__ import annotations

import argparse
import asyncio

from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from whenever import TimeDelta

from sre_copilot_local.workload.lifetime import pause, stop_when_told
from sre_copilot_local.workload.orders import (
    NAMESPACE,
    TASK_QUEUE,
    BrokenOrderWorkflow,
    OrderWorkflow,
    charge,
    inspect_by_hand,
    ship,
)

ACTIVITY_SLOTS = 100
WORKFLOW_SLOTS = 100
CACHED_WORKFLOWS = 2000
"""Enough for minutes of backlog: a workflow that falls out of the cache is replayed at every step."""


async def work(address: str, metrics: str, activity_slots: int, *, broken: bool) -> None:
    stop = stop_when_told()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=metrics)))
    client = await _connected(address, runtime, stop)
    if client is None:
        return
    async with _worker(client, activity_slots, BrokenOrderWorkflow if broken else OrderWorkflow):
        await stop.wait()


async def _connected(address: str, runtime: Runtime, stop: asyncio.Event) -> Client | None:
    """A connected client, or none when the end came first; the server may be paused just now."""
    while not stop.is_set():
        try:
            return await Client.connect(address, namespace=NAMESPACE, runtime=runtime)
        except RuntimeError:
            await pause(stop, 0.2)
    return None


def _worker(client: Client, activity_slots: int, code: type[OrderWorkflow]) -> Worker:
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[code],
        activities=[charge, ship, inspect_by_hand],
        # Without a build id, the SDK hashes every loaded module to find one.
        build_id="orders-1",
        max_concurrent_activities=activity_slots,
        max_concurrent_workflow_tasks=WORKFLOW_SLOTS,
        max_cached_workflows=CACHED_WORKFLOWS,
        graceful_shutdown_timeout=TimeDelta(seconds=2).to_stdlib(),
        # The sandbox would load every module twice; this workflow is known to be deterministic.
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="sre_copilot_local.workload.worker")
    parser.add_argument("address")
    parser.add_argument("--metrics", required=True, help="host:port of the exposition endpoint")
    parser.add_argument("--activity-slots", type=int, default=ACTIVITY_SLOTS)
    parser.add_argument("--broken", action="store_true", help="run the release whose workflow code raises")
    options = parser.parse_args()
    asyncio.run(work(options.address, options.metrics, options.activity_slots, broken=options.broken))


if __name__ == "__main__":
    main()
