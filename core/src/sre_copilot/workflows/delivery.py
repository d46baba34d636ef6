"""One attempt to bring a decision, and those that wait, into the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from sre_copilot.explain.present import present
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import digest
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.store.errors import TooLargeToStore
from sre_copilot.workflows.assessment_messages import AssessOrder
from sre_copilot.workflows.assessment_start import transition_order
from sre_copilot.workflows.log_evidence import Beside
from sre_copilot.workflows.messages import RecordOrder

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Waiting decisions in one write. While the store is down no more than these are unpacked each cycle."""

Entry = tuple[Receipt, StatusDocument]


class Recording(Protocol):
    """What keeps decisions. Every method may be repeated without harm."""

    async def record(self, receipts: Sequence[Entry]) -> None:
        """Store these decisions, all or none.

        :raises TooLargeToStore: naming those that can never be stored.
        :raises StorageUnavailable: if the store cannot be reached.
        """

    async def save_ruleset(self, ruleset: Ruleset) -> None:
        """Keep a ruleset that decisions refer to."""


class Starting(Protocol):
    """What starts assessments."""

    async def start(self, order: AssessOrder) -> bool:
        """Start one, unless it was started before.

        :raises CopilotError: if it could not be started and should be asked for again.
        """


class Noting(Protocol):
    """What knows what stands beside a decision."""

    async def beside(self, decision: Decision) -> Beside:
        """What the log said meanwhile; nothing where that cannot be found out in time."""


class Delivery:
    """Oldest first, a few at a time. What is settled stays so, however the attempt ends."""

    def __init__(
        self, store: Recording, order: RecordOrder, starter: Starting | None = None, notes: Noting | None = None
    ) -> None:
        self._store = store
        self._notes = notes
        self._beside = Beside()
        self._starter = starter
        self._order = order
        self._rulesets = {digest(ruleset): ruleset for ruleset in (order.ruleset, *order.earlier)}
        self.settled = 0
        """How many from the front of the queue, and the new decision last, need no further attempt."""
        self.rejected = 0
        """How many of those can never be stored."""

    async def run(self, saved: set[str]) -> None:
        """Store as much as the store takes.

        :param saved: digests of rulesets that the store has; grows.
        :raises CopilotError: as soon as the store takes no more, or an assessment cannot be started.
        """
        await self._save(saved)
        queue = self._order.queue
        for first in range(0, len(queue), AT_ONCE):
            await self._deliver([parcel.open for parcel in queue[first : first + AT_ONCE]])
        # Only the newest: what the log said while the others waited is told by their own windows.
        if self._notes is not None:
            self._beside = await self._notes.beside(self._order.receipt.decision)
        await self._deliver([lambda: self._order.receipt])

    async def _save(self, saved: set[str]) -> None:
        for name, ruleset in self._rulesets.items():
            if name in saved:
                continue
            try:
                await self._store.save_ruleset(ruleset)
            except TooLargeToStore as refusal:
                log.error("Decisions are stored without the rules they were made with: %s", refusal)
            saved.add(name)

    async def _deliver(self, portion: Sequence[Callable[[], Receipt]]) -> None:
        entries = [entry for receipt in portion if (entry := self._entry(receipt)) is not None]
        try:
            await self._store.record(entries)
        except TooLargeToStore as refusal:
            # What can never be stored must not hold up all others.
            log.error("A decision is dropped: %s", refusal)
            entries = [entry for entry in entries if entry[1].id not in refusal.ids]
            await self._store.record(entries)
        await self._start(entries)
        self.settled += len(portion)
        self.rejected += len(portion) - len(entries)

    async def _start(self, entries: Sequence[Entry]) -> None:
        # Before anything is settled: what could not be started is recorded, and started, once more.
        for receipt, status in entries:
            order = transition_order(receipt, status)
            if order is not None and self._starter is not None:
                await self._starter.start(order)

    def _entry(self, opened: Callable[[], Receipt]) -> Entry | None:
        """A receipt with its status, or ``None`` if it cannot be written; then it never will."""
        try:
            receipt = opened()
            ruleset = self._rulesets[receipt.decision.ruleset]
            beside = self._beside
            status = present(
                ruleset,
                receipt,
                cycle_seconds=self._order.cycle,
                log_patterns=beside.log_patterns,
                log_note=beside.log_note,
                firing_since=beside.firing_since,
            )
            return receipt, status
        except Exception:
            log.exception("A decision about cluster %s is dropped.", self._order.receipt.decision.cluster)
            return None
