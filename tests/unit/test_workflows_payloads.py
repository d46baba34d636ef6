"""How values travel: whole, small, and never larger than they may be."""

from __future__ import annotations

import asyncio
import os
import zlib

import attrs
import pytest
from temporalio.api.common.v1 import Payload
from whenever import Instant

from sre_copilot.health.decide import decide
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.workflows import compression
from sre_copilot.workflows.adoption import with_rules
from sre_copilot.workflows.messages import ObserveInput, RecordOutcome
from sre_copilot.workflows.parcels import QUEUE_BYTES, Parcel, still_needed, within_bound
from sre_copilot.workflows.payloads import COMPRESSED, DATA_CONVERTER
from tests.workflow_fakes import reading, ruleset

RULES = ruleset(queues=20)
AT = Instant.from_utc(2026, 11, 1)


def receipt(rules=RULES, *, minute=0):
    observation = Observation(reading(rules, AT.add(minutes=minute), 3.5))
    return Receipt(observation, Memory(), decide(rules, Memory(), observation))


def travel(value, kind):
    async def there_and_back():
        payloads = await DATA_CONVERTER.encode([value])
        return payloads[0], (await DATA_CONVERTER.decode(payloads, [kind]))[0]

    return asyncio.run(there_and_back())


@pytest.mark.parametrize(
    "value",
    [
        ObserveInput("prod", 30.0, RULES, queue=(Parcel.of(receipt()),), dropped=3, anchor=AT),
        RecordOutcome(receipt().decision.memory, settled=2, unrecorded=Parcel.of(receipt()), rejected=1),
        receipt().observation,
        RULES,
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_arrive_as_they_were_sent(value):
    packed, arrived = travel(value, type(value))
    assert arrived == value
    assert packed.metadata["encoding"] == COMPRESSED
    assert packed.ByteSize() < len(compression.unpack(packed.data)) * 0.9


@pytest.mark.parametrize("value", ["text", 7, None, [1, 2], {"a": 1.5}])
def test_plain_values_travel_plainly(value):
    packed, arrived = travel(value, type(value))
    assert arrived == value
    assert packed.metadata["encoding"] != COMPRESSED


def test_what_compression_does_not_make_smaller_stays_as_it_is():
    noise = os.urandom(5000)
    packed, arrived = travel(noise, bytes)
    assert arrived == noise
    assert packed.metadata["encoding"] == b"binary/plain"


@pytest.mark.parametrize(
    "data",
    [b"no zlib at all", zlib.compress(b"x" * 10_000)[:-5], zlib.compress(b"\0" * (compression.LARGEST + 1))],
    ids=["damaged", "cut off", "too large"],
)
def test_a_payload_that_is_not_ours_is_refused(data):
    payload = Payload(metadata={"encoding": COMPRESSED}, data=data)
    with pytest.raises(ValueError, match="Compressed data is"):
        asyncio.run(DATA_CONVERTER.decode([payload], [Memory]))


def test_a_parcel_holds_its_receipt():
    assert Parcel.of(receipt()).open() == receipt()


def test_the_queue_keeps_the_newest_that_fit():
    parcels = tuple(Parcel(str(number), "x" * 40_000) for number in range(5))
    assert within_bound(parcels) == parcels[2:]
    assert within_bound(parcels[:3]) == parcels[:3]
    assert within_bound((*parcels, Parcel("large", "x" * (QUEUE_BYTES + 1)))) == ()
    assert within_bound(()) == ()


def test_many_minutes_of_decisions_fit_into_the_queue():
    rules = ruleset(queues=64)
    parcels = tuple(Parcel.of(receipt(rules, minute=minute)) for minute in range(20))
    assert within_bound(parcels) == parcels


def test_former_rules_are_kept_as_long_as_a_decision_waits_for_them():
    stricter, other = ruleset(critical=5), ruleset(critical=6)
    state = ObserveInput("prod", 30.0, RULES, queue=(Parcel.of(receipt()),))
    assert with_rules(attrs.evolve(state, queue=()), stricter).earlier == ()
    adopted = with_rules(with_rules(state, stricter), other)
    assert (adopted.ruleset, adopted.earlier) == (other, (RULES,))
    assert still_needed(adopted.earlier, ()) == ()
