"""``python -m sre_copilot_local.workload.load ADDRESS --run RUN``: places orders at a steady rate.

A line on its standard input names the mix to place from then on, or says how many orders to place at once, as in
``burst 100``; the end of that input ends the load.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import time
from collections import Counter

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from whenever import TimeDelta

from sre_copilot_local.workload.lifetime import pause, stop_when_told
from sre_copilot_local.workload.mixes import MIXES
from sre_copilot_local.workload.orders import NAMESPACE, TASK_QUEUE, Order, OrderWorkflow

RATE = 5.0
"""Orders a second. A development server on two cores completes about 15."""
MOST_IN_FLIGHT = 2000
"""Orders being placed or followed at once; past it, orders are dropped and counted."""
ONE_CALL = TimeDelta(seconds=2).to_stdlib()
"""A paused server costs each order this long, and no call outlives it."""
BURST = "burst"
REPORT_EVERY = 30.0
FORGOTTEN_AFTER = TimeDelta(seconds=3).to_stdlib()
APPROVE_AFTER = 0.5
INTERVENE_AFTER = 1.5


class Load:
    """Orders in flight, and what became of placing them."""

    def __init__(self, client: Client, run: str, seed: int) -> None:
        self._client = client
        self._run = run
        self._random = random.Random(seed)  # noqa: S311 - a mix, not a secret
        self._numbers = itertools.count(1)
        self._mix = MIXES["ordinary"]
        self._in_flight: set[asyncio.Task[None]] = set()
        self.counts: Counter[str] = Counter()

    def use(self, mix: str) -> None:
        self._mix = MIXES[mix]

    def place(self) -> None:
        """Place one order, without waiting for it."""
        if len(self._in_flight) >= MOST_IN_FLIGHT:
            self.counts["dropped"] += 1
            return
        fate = self._random.choices(list(self._mix), list(self._mix.values()))[0]
        task = asyncio.create_task(self._follow(fate, next(self._numbers)))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _follow(self, fate: str, number: int) -> None:
        try:
            handle = await self._start(fate, number)
            self.counts["placed"] += 1
            await self._act(fate, handle)
        except (RPCError, RuntimeError) as error:
            self.counts[f"failed: {type(error).__name__}"] += 1

    async def _start(self, fate: str, number: int) -> WorkflowHandle[OrderWorkflow, str]:
        return await self._client.start_workflow(
            OrderWorkflow.run,
            Order(fate=fate, parts_left=2 if fate == "in_parts" else 0),
            id=f"order-{self._run}-{number}",
            task_queue=TASK_QUEUE,
            execution_timeout=FORGOTTEN_AFTER if fate == "forgotten" else None,
            rpc_timeout=ONE_CALL,
        )

    async def _act(self, fate: str, handle: WorkflowHandle[OrderWorkflow, str]) -> None:
        if fate in ("fulfilled", "in_parts"):
            await asyncio.sleep(APPROVE_AFTER)
            # Without a run id, so that it reaches the run an order has continued as.
            await self._client.get_workflow_handle(handle.id).signal(OrderWorkflow.approve, rpc_timeout=ONE_CALL)
        elif fate == "refused":
            await asyncio.sleep(INTERVENE_AFTER)
            await handle.terminate("refused", rpc_timeout=ONE_CALL)
        elif fate == "withdrawn":
            await asyncio.sleep(INTERVENE_AFTER)
            await handle.cancel(rpc_timeout=ONE_CALL)


async def place_orders(address: str, run: str, rate: float, seed: int) -> None:
    stop = stop_when_told()
    client = await Client.connect(address, namespace=NAMESPACE, lazy=True)
    load = Load(client, run, seed)
    listener = asyncio.create_task(_listen(load, stop))
    reporter = asyncio.create_task(_report(load, stop))
    due = time.monotonic()
    while not stop.is_set():
        load.place()
        # Kept to the clock, not to the last order; what was missed for long is not made up for.
        due = max(due + 1 / rate, time.monotonic() - 1)
        await pause(stop, max(0.0, due - time.monotonic()))
    listener.cancel()
    await reporter


async def _listen(load: Load, stop: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        word, _, number = line.decode().strip().partition(" ")
        if word == BURST:
            for _ in range(int(number)):
                load.place()
        else:
            load.use(word)
    stop.set()


async def _report(load: Load, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await pause(stop, REPORT_EVERY)
        sys.stdout.write(json.dumps(load.counts) + "\n")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="sre_copilot_local.workload.load")
    parser.add_argument("address")
    parser.add_argument("--run", required=True, help="names this run in the ids of its workflows")
    parser.add_argument("--rate", type=float, default=RATE, help="orders a second")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(place_orders(options.address, options.run, options.rate, options.seed))


if __name__ == "__main__":
    main()
