"""What is kept of every cycle: enough to compute its decision again, bit for bit."""

from __future__ import annotations

import uuid

import attrs
from whenever import Instant

from sre_copilot.health.decision import Decision
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation

_CYCLES = uuid.UUID("5a1f3c52-8f0e-4f6b-9a55-2f4c1d8e7b90")
"""An arbitrary namespace of our own for the ids below."""


@attrs.frozen
class Receipt:
    """An observation, the memory it met, and the decision that came of it."""

    observation: Observation
    before: Memory
    decision: Decision

    @property
    def id(self) -> uuid.UUID:
        """The same for every attempt to store this cycle."""
        return receipt_id(self.decision.cluster, self.decision.at)


def receipt_id(cluster: str, at: Instant) -> uuid.UUID:
    """The id of the cycle of ``cluster`` at ``at``.

    A hash and not a counter: keys that grow in time order make a hot spot in a distributed database, and a
    repeated write must meet its own first attempt.
    """
    return uuid.uuid5(_CYCLES, f"{cluster}\n{at.format_iso()}")
