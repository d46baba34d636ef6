"""What a cycle does outside the workflow: read the cluster, store the decision.

Both are local activities, so their inputs never enter history and their results do, as markers. Neither
raises: whatever goes wrong is an outcome the workflow goes on from.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from temporalio import activity
from whenever import Instant

from sre_copilot.health.observation import Observation
from sre_copilot.workflows.blindness import blind_observation
from sre_copilot.workflows.delivery import Delivery, Noting, Recording, Starting
from sre_copilot.workflows.messages import ObserveOrder, RecordOrder, RecordOutcome
from sre_copilot.workflows.parcels import Parcel
from sre_copilot_hookspecs import CopilotError

log = logging.getLogger(__name__)

GRACE = 0.4
"""Seconds an observer may answer after its deadline before it is left."""


class Observing(Protocol):
    """What reads clusters."""

    async def observe(
        self, cluster_name: str, at: Instant, *, deadline: float, limits: Mapping[str, float]
    ) -> Observation:
        """Everything the cluster's sources and evaluators say within ``deadline`` seconds.

        :param limits: what evaluators compare with, by threshold key.
        """


class ClusterActivities:
    """The activities of ``ObserveClusterWorkflow``, with what they need."""

    def __init__(
        self, observer: Observing, store: Recording, starter: Starting | None = None, notes: Noting | None = None
    ) -> None:
        self._observer = observer
        self._notes = notes
        self._starter = starter
        self._store = store
        self._saved: set[str] = set()

    @activity.defn(name="observe_cluster")
    async def observe(self, order: ObserveOrder) -> Observation:
        """Read a cluster; a failure is an observation in which everything is missing."""
        try:
            async with asyncio.timeout(order.deadline + min(GRACE, 0.1 * order.deadline)):
                return await self._observer.observe(
                    order.cluster, order.at, deadline=order.deadline, limits=order.limits
                )
        except TimeoutError:
            says = f"The observation was not done after {order.deadline:g} s."
        except Exception as failure:
            log.exception("Cluster %s could not be observed.", order.cluster)
            says = f"The observation failed with {failure!r}."
        return blind_observation(order.cluster, order.at, order.signals, says)

    @activity.defn(name="record_decision")
    async def record(self, order: RecordOrder) -> RecordOutcome:
        """Store the decision and those that wait, and return the memory to go on from, stored or not.

        What changed the state is assessed from then on, by a workflow of its own.
        """
        delivery = Delivery(self._store, order, self._starter, self._notes)
        try:
            async with asyncio.timeout(order.deadline):
                await delivery.run(self._saved)
        except TimeoutError:
            _warn(order, f"The store did not take them within {order.deadline:g} s.")
        except CopilotError as refusal:
            _warn(order, str(refusal))
        except Exception as failure:
            log.exception("The store failed.")
            _warn(order, f"The store failed with {failure!r}.")
        memory, waiting = order.receipt.decision.memory, len(order.queue)
        if delivery.settled > waiting:
            return RecordOutcome(memory, settled=waiting, rejected=delivery.rejected)
        return RecordOutcome(memory, delivery.settled, Parcel.of(order.receipt), delivery.rejected)


def _warn(order: RecordOrder, why: str) -> None:
    log.warning(
        "Decisions about cluster %s cannot be stored now: %s Observation goes on; before this one %d waited"
        " and %d were dropped.",
        order.receipt.decision.cluster,
        why,
        len(order.queue),
        order.dropped,
    )
