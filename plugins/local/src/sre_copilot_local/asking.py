"""Asking a Temporal server something, from code that is not asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError
from whenever import TimeDelta

T = TypeVar("T")

NAMESPACE = "default"
ONE_TRY = TimeDelta(seconds=2).to_stdlib()


def blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end in a thread of its own, so that a caller may be inside an event loop."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            failure.append(error)

    thread = threading.Thread(target=run, name="temporal-probe", daemon=True)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


@cache
def _runtime() -> Runtime:
    # Our own, so that the program around us still can choose the default one.
    return Runtime(telemetry=TelemetryConfig())


async def client_for(address: str) -> Client:
    """A client that connects when it is first used."""
    return await Client.connect(address, namespace=NAMESPACE, lazy=True, runtime=_runtime())


def count_workflows(address: str, query: str) -> int | None:
    """How many workflows match; none if the server does not answer within seconds."""
    return blocking(_count(address, query))


async def _count(address: str, query: str) -> int | None:
    client = await client_for(address)
    try:
        # A call's own timeout does not count the time it takes to connect.
        async with asyncio.timeout(2 * ONE_TRY.total_seconds()):
            return (await client.count_workflows(query, rpc_timeout=ONE_TRY)).count
    except (RPCError, RuntimeError, TimeoutError):
        return None
