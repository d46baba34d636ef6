"""What an answer is worth as it gets older."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot.api.board import Standing
from sre_copilot.api.freshness import freshness, in_words
from sre_copilot.api.remembered import Remembered
from sre_copilot.api.serving import SAME_IN_BOTH, served_gates, served_status
from sre_copilot.explain.status import StatusDocument
from sre_copilot.store import ClusterHead, StorageUnavailable
from tests.integration.decided import CRITICAL, CYCLE, NOON, recorded


def status() -> StatusDocument:
    return recorded(0, CRITICAL)[1]


def standing() -> Standing:
    return Standing(ClusterHead("prod", CYCLE, NOON, None, status().id), status())


def later(seconds: float) -> Instant:
    return NOON + TimeDelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0.0, 30.0, 89.999, 90.0])
def test_three_cycles_may_pass(seconds: float):
    fresh = freshness(status(), later(seconds))
    assert (fresh.health_state, fresh.last_known_state, fresh.stale) == ("critical", None, False)
    assert fresh.age_seconds == seconds
    assert fresh.since == NOON


@pytest.mark.parametrize("seconds", [90.001, 91.0, 10_000_000.0])
def test_after_three_missed_cycles_the_state_is_unknown(seconds: float):
    fresh = freshness(status(), later(seconds))
    assert (fresh.health_state, fresh.last_known_state, fresh.stale) == ("unknown", "critical", True)
    assert fresh.age_seconds == seconds
    assert fresh.since == later(3 * CYCLE)


def test_the_clusters_own_cycle_counts():
    slow = attrs.evolve(status(), cycle_seconds=300.0)
    assert not freshness(slow, later(900)).stale
    assert freshness(slow, later(901)).stale


def test_nothing_observed_is_unknown():
    fresh = freshness(None, NOON)
    assert (fresh.health_state, fresh.last_known_state, fresh.age_seconds) == ("unknown", None, None)
    assert fresh.stale


def test_an_observer_whose_clock_is_ahead_is_not_stale():
    fresh = freshness(status(), later(-3600))
    assert (fresh.age_seconds, fresh.stale) == (0.0, False)


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_an_answer_never_becomes_fresh_again(first: float, second: float):
    older, newer = sorted((first, second), reverse=True)
    assert freshness(status(), later(older)).stale >= freshness(status(), later(newer)).stale


def test_a_stale_status_says_so_in_its_reason_and_keeps_the_rest():
    served = served_status(standing(), later(300))
    assert served.health_state == "unknown"
    assert served.last_known_state == "critical"
    assert served.reason == f"Not observed for 5 min. Last known: {status().reason}"
    assert served.primary_signals == status().primary_signals


def test_every_word_of_a_stored_status_is_served():
    elsewhere = {"id", "health_state", "since", "reason", "gates", "observed_at", "services"}
    assert set(SAME_IN_BOTH) | elsewhere == {field.name for field in attrs.fields(StatusDocument)}


def test_the_gates_of_a_stale_status_are_unknown_and_never_clear():
    fresh = served_gates(standing(), later(1))
    stale = served_gates(standing(), later(300))
    assert [(gate.outcome, gate.last_known_outcome) for gate in fresh] == [
        ("clear", None),
        ("fired", None),
    ]
    assert [(gate.outcome, gate.last_known_outcome) for gate in stale] == [
        ("unknown", "clear"),
        ("unknown", "fired"),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (240, "4 min"), (7200, "2 h"), (3 * 86400, "3 d")],
)
def test_spans_of_time_are_said_in_the_unit_that_fits(seconds: float, words: str):
    assert in_words(seconds) == words


class Source:
    """A store that can fall silent."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False
        self.takes = 0.0

    async def fetch(self) -> int:
        self.asked += 1
        await asyncio.sleep(self.takes)
        if self.fails:
            raise StorageUnavailable("The store is down.")
        return self.asked


def test_many_ask_and_the_store_is_asked_once():
    async def scenario() -> None:
        source = Source()
        source.takes = 0.02
        remembered = Remembered(source.fetch, keep=0.1)
        answers = await asyncio.gather(*(remembered.get() for _ in range(100)))
        assert {(one.value, one.degraded) for one in answers} == {(1, False)}
        assert source.asked == 1
        await asyncio.sleep(0.12)
        assert (await remembered.get()).value == 2

    asyncio.run(scenario())


def test_a_silent_store_leaves_the_last_answer_and_says_so():
    async def scenario() -> None:
        source = Source()
        remembered = Remembered(source.fetch, keep=0.0)
        assert (await remembered.get()).degraded is False
        source.fails = True
        for _ in range(3):
            answer = await remembered.get()
            assert (answer.value, answer.degraded) == (1, True)
        source.fails = False
        answer = await remembered.get()
        assert (answer.value, answer.degraded) == (5, False)

    asyncio.run(scenario())


def test_without_any_answer_the_silence_is_an_error_every_time():
    async def scenario() -> None:
        source = Source()
        source.fails = True
        remembered = Remembered(source.fetch)
        for _ in range(3):
            with pytest.raises(StorageUnavailable, match=r"^The store is down\.$"):
                await remembered.get()
        assert source.asked == 1, "the lack of an answer holds for a moment too"

    asyncio.run(scenario())


def test_a_slow_store_does_not_hold_up_who_can_have_the_last_answer():
    async def scenario() -> None:
        source = Source()
        remembered = Remembered(source.fetch, keep=0.0, patience=0.05)
        await remembered.get()
        source.takes = 0.3
        began = asyncio.get_running_loop().time()
        answer = await remembered.get()
        assert asyncio.get_running_loop().time() - began < 0.2
        assert (answer.value, answer.degraded) == (1, True)
        await asyncio.sleep(0.35)
        source.takes = 0.0
        assert (await remembered.get()).degraded is False

    asyncio.run(scenario())
