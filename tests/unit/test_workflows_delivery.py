"""Bringing decisions to the store: in order, without losing any that could be stored, and never raising."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from whenever import Instant

from sre_copilot.health.decide import decide
from sre_copilot.health.memory import Memory
from sre_copilot.health.observation import Observation
from sre_copilot.health.receipt import Receipt
from sre_copilot.store.errors import TooLargeToStore
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.delivery import AT_ONCE
from sre_copilot.workflows.messages import ObserveOrder, RecordOrder
from sre_copilot.workflows.parcels import Parcel
from sre_copilot.workflows.retention import prune_regularly
from tests.workflow_fakes import FakeObserver, FakeStore, reading, ruleset

RULES = ruleset()
AT = Instant.from_utc(2026, 11, 1)


def receipt(minute, rules=RULES):
    observation = Observation(reading(rules, AT.add(minutes=minute), 3.5))
    return Receipt(observation, Memory(), decide(rules, Memory(), observation))


def order(waiting, **changes):
    made = RecordOrder(
        receipt(waiting), tuple(Parcel.of(receipt(minute)) for minute in range(waiting)), RULES, (), 30.0, 4.0
    )
    return attrs.evolve(made, **changes)


def record(store, asked):
    return asyncio.run(ClusterActivities(FakeObserver(RULES), store).record(asked))


def test_everything_is_stored_oldest_first():
    store = FakeStore()
    outcome = record(store, order(2 * AT_ONCE + 3))
    assert (outcome.settled, outcome.unrecorded, outcome.rejected) == (2 * AT_ONCE + 3, None, 0)
    assert outcome.memory == receipt(2 * AT_ONCE + 3).decision.memory
    assert [kept.decision.at for kept in store.kept] == [AT.add(minutes=m) for m in range(2 * AT_ONCE + 4)]
    assert store.rulesets == [RULES]


def test_what_was_stored_before_the_store_went_down_is_settled():
    store = FakeStore()
    store.outage = lambda attempt: attempt >= 2
    asked = order(2 * AT_ONCE + 3)
    outcome = record(store, asked)
    assert outcome.settled == 2 * AT_ONCE
    assert outcome.unrecorded.open() == asked.receipt


def test_a_store_that_hangs_is_left_in_time():
    class Hanging(FakeStore):
        async def record(self, receipts):
            await asyncio.sleep(60)

    outcome = record(Hanging(), order(1, deadline=0.1))
    assert (outcome.settled, outcome.unrecorded is None) == (0, False)


def test_a_store_that_fails_unexpectedly_loses_nothing():
    class Broken(FakeStore):
        async def record(self, receipts):
            raise KeyError("column")

    outcome = record(Broken(), order(1))
    assert (outcome.settled, outcome.rejected, outcome.unrecorded is None) == (0, 0, False)


def test_one_that_is_too_large_holds_up_no_other():
    large = str(receipt(1).id)

    class Small(FakeStore):
        async def record(self, receipts):
            if any(status.id == large for _, status in receipts):
                raise TooLargeToStore("The receipt is too large.", (large,))
            await super().record(receipts)

    store = Small()
    outcome = record(store, order(3))
    assert (outcome.settled, outcome.unrecorded, outcome.rejected) == (3, None, 1)
    assert len(store.kept) == 3


def test_rules_that_are_too_large_hold_up_no_decision():
    class Small(FakeStore):
        async def save_ruleset(self, ruleset):
            raise TooLargeToStore("The ruleset is too large.", ())

    store = Small()
    assert record(store, order(0)).unrecorded is None
    assert len(store.kept) == 1


@pytest.mark.parametrize(
    "parcel",
    [Parcel("any", "no parcel"), Parcel.of(receipt(1, ruleset(critical=7)))],
    ids=["damaged", "rules not at hand"],
)
def test_one_that_cannot_be_read_holds_up_no_other(parcel):
    store = FakeStore()
    outcome = record(store, order(0, queue=(parcel, Parcel.of(receipt(0)))))
    assert (outcome.settled, outcome.unrecorded, outcome.rejected) == (2, None, 1)


def test_each_decision_is_presented_with_its_own_rules():
    former = ruleset(critical=7)
    store = FakeStore()
    outcome = record(store, order(0, queue=(Parcel.of(receipt(1, former)),), earlier=(former,)))
    assert (outcome.rejected, len(store.statuses)) == (0, 2)
    thresholds = [gate.threshold for status in store.statuses for gate in status.gates if gate.level == "critical"]
    assert thresholds == [7.0, 60.0]


def test_an_observer_that_does_not_answer_is_left_in_time():
    observer = FakeObserver(RULES)
    observer.takes = 60
    asked = ObserveOrder("prod", AT, ("demand.rate",), 0.2)
    found = asyncio.run(ClusterActivities(observer, FakeStore()).observe(asked))
    assert [key for key, _ in found.reading.missing()] == ["demand.rate"]
    assert "not done after 0.2 s" in found.problems[0].says


def test_old_decisions_are_forgotten_again_and_again_whatever_happens():
    asked, kept_longer = [], []

    class Pruning(FakeStore):
        async def prune(self, before):
            asked.append(before)
            if len(asked) == 1:
                raise TooLargeToStore("Not now.", ())
            return 3

        async def prune_readings(self, before):
            kept_longer.append(before)
            return 1

    async def scenario():
        task = asyncio.create_task(prune_regularly(Pruning(), days=7, readings_days=30, every=0.01))
        await asyncio.sleep(0.2)
        task.cancel()

    asyncio.run(scenario())
    assert len(asked) >= 3
    assert abs((Instant.now() - asked[-1]).total("hours") - 7 * 24) < 0.1
    assert abs((Instant.now() - kept_longer[-1]).total("hours") - 30 * 24) < 0.1
