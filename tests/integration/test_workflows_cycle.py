"""One cycle after another on a real server: what it costs, when it runs, what it survives."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import attrs
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import CancelledError

from sre_copilot.health.encoding import digest
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.observe_cluster import ObserveClusterWorkflow
from sre_copilot_hookspecs import HealthState, MissingReason
from tests.workflow_fakes import BACKLOG, FakeObserver, FakeStore, observing, ruleset, server, until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-cycle")]

# Another process runs these at the same time, with a server of its own.
other = pytest.mark.xdist_group("workflows-state")

CYCLE = [
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
]
BEFORE_THE_FIRST = 4
"""Started, and the workflow task that starts the first timer."""


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def client(runner):
    environment = server()
    yield runner.run(environment.__aenter__()).client
    runner.run(environment.__aexit__(None, None, None))


def by_cycle(events, cycles):
    """The events of the first cycles, one list for each."""
    later = events[BEFORE_THE_FIRST:]
    return [later[number * len(CYCLE) : (number + 1) * len(CYCLE)] for number in range(cycles)]


@pytest.mark.parametrize("down", [False, True], ids=["storing", "store down"])
def test_a_cycle_costs_seven_events_and_less_than_16_kilobytes(runner, client, down):
    # About as many signals as the built-in plugins declare, and as many gates; no two values alike.
    observer, store = FakeObserver(ruleset(queues=64), lambda count: 1 + count / 13), FakeStore()
    store.outage = lambda _: down

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: len(observer.calls) >= 5)
            return list((await handle.fetch_history()).events)

    for cycle in by_cycle(runner.run(scenario()), 4):
        assert [event.event_type for event in cycle] == CYCLE
        assert sum(event.ByteSize() for event in cycle) < 16 * 1024


def test_cycles_keep_their_distance_however_late_each_is(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()
    observer.takes = 0.3

    async def scenario():
        async with observing(client, observer, store, cycle=2.0):
            await until(lambda: len(observer.calls) >= 5)

    runner.run(scenario())
    first, *later = observer.calls
    for number, call in enumerate(later, 1):
        # Drift would add up to more than a second by now.
        assert abs((call - first).total("seconds") - 2.0 * number) < 1.0


def test_a_cycle_that_was_missed_is_skipped(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: len(store.kept) >= 1)
            state = await handle.query(ObserveClusterWorkflow.handoff)
        await asyncio.sleep(4)
        observer.calls.clear()
        async with observing(client, observer, store, start=state):
            await until(lambda: len(observer.calls) >= 3)

    runner.run(scenario())
    first, _, third = observer.calls
    assert (third - first).total("seconds") > 1.5


@other
def test_a_store_outage_loses_no_decision_and_stops_no_observation(runner, client):
    observer, store = FakeObserver(ruleset(queues=30), lambda count: 1 + count / 13), FakeStore()
    store.outage = lambda attempt: 2 <= attempt < 12

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: store.attempts >= 12)
            outage = await handle.query(ObserveClusterWorkflow.status)
            observed = len(observer.calls)
            await until(lambda: len(store.kept) >= 14)
            return outage, observed, await handle.query(ObserveClusterWorkflow.status)

    outage, observed, after = runner.run(scenario())
    assert observed >= 12
    assert outage.queued >= 9
    assert (after.queued, after.dropped) == (0, 0)
    kept = store.kept
    assert [receipt.decision.at for receipt in kept] == observer.calls[: len(kept)]
    assert [receipt.decision.memory.cycles for receipt in kept] == list(range(1, len(kept) + 1))
    assert all(later.before == earlier.decision.memory for earlier, later in pairwise(kept))


@other
def test_a_failed_observation_is_an_outcome(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: len(store.kept) >= 1)
            observer.breaks = RuntimeError("out of file descriptors")
            await until(lambda: len(store.kept) >= 2)
            observer.breaks, observer.takes = None, 60
            await until(lambda: len(store.kept) >= 3)
            observer.takes = 0
            await until(lambda: len(store.kept) >= 4)
            return len((await handle.fetch_history()).events)

    events = runner.run(scenario())
    well, broken, hung, again = store.kept[:4]
    for receipt, says in ((broken, "out of file descriptors"), (hung, "not done")):
        samples = receipt.observation.reading.samples
        assert {found.reason for found in samples.values()} == {MissingReason.UNREACHABLE}
        assert set(samples) == set(well.observation.reading.samples)
        assert says in receipt.observation.problems[0].says
        assert receipt.decision.state is not HealthState.CRITICAL
    assert again.observation.reading.value(BACKLOG) is not None
    # Nothing was tried in a loop.
    assert events < BEFORE_THE_FIRST + 8 * len(CYCLE)


@other
def test_other_rules_decide_from_the_next_cycle_on(runner, client):
    rules, stricter = ruleset(critical=60), ruleset(critical=5)
    observer, store = FakeObserver(rules, lambda _: 30.0), FakeStore()
    # Decisions of both rulesets wait together: each needs its own rules to be written.
    store.outage = lambda attempt: attempt < 3

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: store.attempts >= 1)
            answer = await handle.execute_update(ObserveClusterWorkflow.adopt_rules, stricter)
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await handle.execute_update(ObserveClusterWorkflow.adopt_rules, attrs.evolve(stricter, gates=()))
            await until(lambda: len(store.kept) >= 5)
            status = await handle.query(ObserveClusterWorkflow.status)
            state = await handle.query(ObserveClusterWorkflow.handoff)
            return answer, str(refused.value.cause), status, state

    answer, refusal, status, state = runner.run(scenario())
    assert answer == digest(stricter) == status.ruleset
    assert "no gates" in refusal
    deciding = [receipt.decision.ruleset for receipt in store.kept]
    assert deciding == sorted(deciding, key=[digest(rules), digest(stricter)].index)
    assert set(deciding) == {digest(rules), digest(stricter)}
    assert (status.dropped, state.earlier) == (0, ())
    assert {digest(saved) for saved in store.rulesets} == set(deciding)
    # What evaluators find in a cycle is found by the rules that decide it.
    compared = [limits["backlog.lost"] for limits in observer.limits]
    assert compared[: len(deciding)] == [60.0 if name == digest(rules) else 5.0 for name in deciding]


@other
def test_a_run_hands_everything_to_the_next(runner, client):
    rules, stricter = ruleset(), ruleset(critical=5)
    observer, store = FakeObserver(rules, lambda _: 30.0), FakeStore()
    store.outage = lambda attempt: attempt < 4
    start = ObserveInput("prod", 1.0, rules, cycles_per_run=3)

    async def scenario():
        async with observing(client, observer, store, start=start) as handle:
            await until(lambda: store.attempts >= 1)
            await handle.execute_update(ObserveClusterWorkflow.adopt_rules, stricter)
            await until(lambda: len(store.kept) >= 8)
            return await handle.query(ObserveClusterWorkflow.status)

    status = runner.run(scenario())
    kept = store.kept
    assert [receipt.decision.memory.cycles for receipt in kept] == list(range(1, len(kept) + 1))
    assert all(later.before == earlier.decision.memory for earlier, later in pairwise(kept))
    assert kept[-1].decision.state is HealthState.CRITICAL
    assert status.ruleset == digest(stricter)
    gaps = [(b - a).total("seconds") for a, b in pairwise(observer.calls)]
    assert max(gaps) < 2.5
    assert min(gaps) > 0.3


def test_a_cancelled_workflow_ends(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: len(store.kept) >= 1)
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as ended:
                await handle.result()
            return ended.value.cause

    assert isinstance(runner.run(scenario()), CancelledError)


def test_a_worker_that_is_stopped_finishes_its_cycle(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()
    observer.takes = 1.0

    async def scenario():
        async with observing(client, observer, store, cycle=3.0) as handle:
            await until(lambda: len(observer.calls) >= 1)
        history = await handle.fetch_history()
        return [event.event_type for event in history.events]

    kinds = runner.run(scenario())
    assert len(store.kept) == 1
    assert kinds.count(EventType.EVENT_TYPE_MARKER_RECORDED) == 2


@other
def test_what_never_fits_into_the_queue_is_dropped_and_counted(runner, client):
    # 300 signals take tens of kilobytes a decision even when they are packed.
    observer, store = FakeObserver(ruleset(queues=300), lambda count: 1 + count / 13), FakeStore()
    store.outage = lambda attempt: attempt < 9

    async def scenario():
        async with observing(client, observer, store) as handle:
            await until(lambda: len(store.kept) >= 4)
            return await handle.query(ObserveClusterWorkflow.status)

    status = runner.run(scenario())
    assert status.dropped > 0
    cycles = [receipt.decision.memory.cycles for receipt in store.kept]
    assert cycles == list(range(cycles[0], cycles[0] + len(cycles)))
    assert cycles[0] == status.dropped + 1


def test_rules_are_refused_that_judge_what_they_lack(runner, client):
    observer, store = FakeObserver(ruleset()), FakeStore()
    lacking: Ruleset = attrs.evolve(observer.rules, signals=observer.rules.signals[:1])

    async def scenario():
        async with observing(client, observer, store) as handle:
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await handle.execute_update(ObserveClusterWorkflow.adopt_rules, lacking)
            return str(refused.value.cause)

    assert BACKLOG in runner.run(scenario())
