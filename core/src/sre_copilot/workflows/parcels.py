"""Decisions that wait for the store, packed: an outage of some minutes fits into the workflow's state."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import attrs

from sre_copilot.health.encoding import digest, from_json, to_json
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.compression import pack, unpack

QUEUE_BYTES = 128 * 1024
"""What all waiting parcels take together. They travel with every continue-as-new, and one payload of more
than two megabytes would end the workflow's progress for good."""


@attrs.frozen
class Parcel:
    """One receipt, compressed."""

    ruleset: str
    """Digest of the rules that its status will be written with."""
    data: str
    """Canonical JSON, compressed, in base 85."""

    @classmethod
    def of(cls, receipt: Receipt) -> Parcel:
        """The parcel of a receipt."""
        packed = pack(to_json(receipt).encode())
        return cls(receipt.decision.ruleset, base64.b85encode(packed).decode())

    def open(self) -> Receipt:
        """The receipt.

        :raises ValueError: if this is damaged.
        :raises cattrs.BaseValidationError: if another version packed something that does not fit.
        """
        return from_json(unpack(base64.b85decode(self.data)), Receipt)


def within_bound(queue: tuple[Parcel, ...]) -> tuple[Parcel, ...]:
    """The newest parcels that fit. Even a single one that is too large is left out."""
    room = QUEUE_BYTES
    for position in range(len(queue) - 1, -1, -1):
        room -= len(queue[position].data)
        if room < 0:
            return queue[position + 1 :]
    return queue


def still_needed(rulesets: Iterable[Ruleset], queue: tuple[Parcel, ...]) -> tuple[Ruleset, ...]:
    """Those rulesets that a waiting decision was made with."""
    wanted = {parcel.ruleset for parcel in queue}
    return tuple(ruleset for ruleset in rulesets if wanted and digest(ruleset) in wanted)
