"""Which log patterns stand beside a decision when it is recorded."""

from __future__ import annotations

import asyncio

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.present import present
from sre_copilot.explain.status import GateRow, StatusDocument
from sre_copilot.health.decision import Decision, GateResult
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.narrative.summary import Oddities, PatternCount
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.store.rows import LoggedPattern, LogWindow
from sre_copilot.workflows.log_evidence import LOOKBACK, PATIENCE, LogEvidence
from sre_copilot_hookspecs import Severity, Silence
from tests.rules import BUILTIN, ENGINE, NO_WORKERS, STEADY, observe

SILENCE = Silence("no_workers", "The server logs nothing about workers that are gone.")


def decision(values: dict[str, float] = NO_WORKERS) -> Decision:
    """A real decision, so that keys, levels and outcomes are those of the rules."""
    return ENGINE.decide(Memory(), observe(values))


FIRED = decision()
GATE: GateResult = FIRED.fired[0]


class Store:
    """One window that ended when the decision was made, with one pattern."""

    def __init__(self, *patterns: PatternCount, status: StatusDocument | None = None) -> None:
        self.patterns = patterns
        self.status = status
        self.asked = 0
        self.failure: Exception | None = None
        self.hangs = False
        self.problems: tuple[str, ...] = ()

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        self.asked += 1
        return self.status

    async def log_windows(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[LogWindow, ...]:
        if self.failure is not None:
            raise self.failure
        if self.hangs:
            await asyncio.sleep(10 * PATIENCE)
        assert (until - since).total("seconds") == LOOKBACK
        return (LogWindow(until - TimeDelta(seconds=30), until, 9, 0, Oddities(), self.problems),)

    async def log_patterns(
        self, cluster: str, since: Instant, until: Instant, *, service: str | None = None, limit: int
    ) -> tuple[LoggedPattern, ...]:
        return tuple(LoggedPattern(until - TimeDelta(seconds=30), until, pattern) for pattern in self.patterns)


def pattern(before: float, *supports: str) -> PatternCount:
    """A pattern that rose some seconds before the decision."""
    at = FIRED.at - TimeDelta(seconds=before)
    return PatternCount("gone", "history", Severity.WARNING, 3, "gone <num>", "gone 7", at, at, supports=supports)


def test_a_pattern_stands_beside_the_gate_that_it_supports_with_its_lag() -> None:
    store = Store(pattern(20, GATE.signal))
    found = asyncio.run(LogEvidence(store, (SILENCE,)).beside(FIRED))
    (row,) = found.log_patterns
    assert GATE.key in row.gates
    assert row.lag_seconds == 20
    assert found.firing_since[GATE.key] == FIRED.at


def test_where_no_pattern_names_the_cause_that_is_said() -> None:
    found = asyncio.run(LogEvidence(Store(pattern(20)), (SILENCE,)).beside(FIRED))
    assert found.log_patterns[0].gates == ()
    assert SILENCE.says in found.log_note


def test_a_calm_decision_needs_no_note() -> None:
    found = asyncio.run(LogEvidence(Store(), (SILENCE,)).beside(decision(STEADY)))
    assert found.log_note == ""


def test_a_firing_goes_on_over_cycles_and_over_a_restart() -> None:
    later = attrs.evolve(FIRED, at=FIRED.at + TimeDelta(seconds=60))

    async def scenario() -> None:
        store = Store(pattern(20, GATE.signal))
        evidence = LogEvidence(store, ())
        await evidence.beside(FIRED)
        again = await evidence.beside(later)
        assert again.firing_since[GATE.key] == FIRED.at
        assert store.asked == 1
        calm = await evidence.beside(attrs.evolve(decision(STEADY), at=later.at))
        assert GATE.key not in calm.firing_since
        assert (await evidence.beside(later)).firing_since[GATE.key] == later.at

    asyncio.run(scenario())
    row = GateRow(GATE.key, "critical", "fired", GATE.signal, "ratio", 0.0, 1.0, None, "", since=FIRED.at)
    receipt = Receipt(observe(NO_WORKERS), Memory(), FIRED)
    status = attrs.evolve(present(BUILTIN, receipt, cycle_seconds=30.0), gates=(row,))
    restarted = asyncio.run(LogEvidence(Store(status=status), ()).beside(later))
    assert restarted.firing_since[GATE.key] == FIRED.at


def test_a_store_that_fails_or_hangs_leaves_the_log_out() -> None:
    for store in (failing := Store(), hanging := Store()):
        failing.failure = StorageUnavailable("The store is down.")
        hanging.hangs = True
        assert asyncio.run(LogEvidence(store, ()).beside(FIRED)).log_patterns == ()


def test_without_a_log_nothing_is_said_about_it() -> None:
    class Empty(Store):
        async def log_windows(self, *_: object) -> tuple[LogWindow, ...]:
            return ()

    found = asyncio.run(LogEvidence(Empty(), (SILENCE,)).beside(FIRED))
    assert (found.log_patterns, found.log_note) == ((), "")
    assert found.firing_since


def test_a_log_that_could_not_be_read_is_no_proof_of_silence() -> None:
    store = Store()
    store.problems = ("Loki is down.",)
    assert "Loki is down." in asyncio.run(LogEvidence(store, (SILENCE,)).beside(FIRED)).log_note


def test_lines_that_arrive_when_a_firing_is_over_still_belong_to_it() -> None:
    """A paused server writes once it goes on, and its gate is clear when the line is read."""
    calm_at = FIRED.at + TimeDelta(seconds=60)
    calm = attrs.evolve(decision(STEADY), at=calm_at)

    async def beside(after: float) -> tuple[str, ...]:
        evidence = LogEvidence(Store(pattern(-after, GATE.signal)), ())
        await evidence.beside(FIRED)
        (row,) = (await evidence.beside(calm)).log_patterns
        return row.gates

    assert GATE.key in asyncio.run(beside(30))
    assert asyncio.run(beside(61)) == ()
