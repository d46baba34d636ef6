"""An order: charged, approved by a signal, shipped. Small, but every part of a server has its share in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from whenever import TimeDelta

NAMESPACE = "default"
TASK_QUEUE = "orders"

WORK = 0.02
"""Seconds that an ordinary activity takes."""
SLOW_WORK = 5.0
"""Seconds of the activity that exhausts a small worker."""
SOON = TimeDelta(seconds=10).to_stdlib()
BY_HAND = TimeDelta(seconds=30).to_stdlib()
APPROVAL = TimeDelta(seconds=30).to_stdlib()

ONCE_MORE = RetryPolicy(initial_interval=TimeDelta(milliseconds=200).to_stdlib(), maximum_attempts=2)


# A dataclass, because the client's own converter, which the load and the worker keep to, knows no attrs.
@dataclass(frozen=True)
class Order:
    """What becomes of one order is decided when it is placed."""

    fate: str = "fulfilled"
    """A fate of :mod:`sre_copilot_local.workload.mixes`."""
    approved: bool = False
    parts_left: int = 0
    """How often the workflow still continues as new."""


@activity.defn
async def charge(order: Order) -> str:
    await asyncio.sleep(WORK)
    if order.fate == "declined":
        raise ApplicationError("The card was declined.", type="CardDeclined")
    return "charged"


@activity.defn
async def ship(_: Order) -> str:
    await asyncio.sleep(WORK)
    return "shipped"


@activity.defn
async def inspect_by_hand(_: Order) -> str:
    await asyncio.sleep(SLOW_WORK)
    return "inspected"


@workflow.defn
class OrderWorkflow:
    """Charge, wait a second, wait for approval, ship."""

    def __init__(self) -> None:
        self._approved = False

    @workflow.signal
    def approve(self) -> None:
        self._approved = True

    @workflow.run
    async def run(self, order: Order) -> str:
        self._approved = self._approved or order.approved
        if order.fate == "inspected":
            return await workflow.execute_activity(
                inspect_by_hand,
                order,
                start_to_close_timeout=BY_HAND,
                retry_policy=ONCE_MORE,
            )
        if order.fate in ("forgotten", "withdrawn", "refused"):
            await workflow.wait_condition(lambda: False)
        await workflow.execute_activity(charge, order, start_to_close_timeout=SOON, retry_policy=ONCE_MORE)
        if order.parts_left > 0:
            workflow.continue_as_new(replace(order, approved=self._approved, parts_left=order.parts_left - 1))
        await workflow.sleep(1)
        if not await self._approval():
            return "expired"
        return await workflow.execute_activity(ship, order, start_to_close_timeout=SOON, retry_policy=ONCE_MORE)

    async def _approval(self) -> bool:
        # The signal is lost when the server is paused for longer than the load waits for it.
        if not self._approved:
            try:
                await workflow.wait_condition(lambda: self._approved, timeout=APPROVAL)
            except TimeoutError:
                return False
        return True


PRICES: Mapping[str, int] = {}
"""Cents for each fate, which somebody forgot to fill in."""


@workflow.defn(name="OrderWorkflow")
class BrokenOrderWorkflow(OrderWorkflow):
    """The same workflow in a release that should not have gone out: its code raises before anything is done."""

    @workflow.run
    async def run(self, order: Order) -> str:
        # No ApplicationError, which would end the workflow: a bug fails the workflow task, which is tried for ever.
        return f"{PRICES[order.fate]} cents"
