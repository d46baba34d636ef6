"""Which log patterns stand beside a decision when it is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.explain.present import present
from sre_copilot.explain.status import GateRow, StatusDocument
from sre_copilot.health.decision import Decision, GateResult
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.correlation import AFTERWARDS_SECONDS, Firing
from sre_copilot.narrative.summary import Oddities, PatternCount
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.store.rows import AttachedWindow, LoggedPattern, LogWindow
from sre_copilot.workflows.log_evidence import LOOKBACK, PATIENCE, LogEvidence
from sre_copilot_dsql.patterns import PARSER as DSQL
from sre_copilot_hookspecs import Finding, Pressure, Severity, Silence
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
        self.attached: list[AttachedWindow] = []
        self.attaching_fails = False

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
        return tuple(self._logged(until - TimeDelta(seconds=30), until, pattern) for pattern in self.patterns)

    def _logged(self, since: Instant, until: Instant, pattern: PatternCount) -> LoggedPattern:
        kept = (one.beside for one in self.attached if one.beside.pattern == pattern.key)
        return LoggedPattern(since, until, pattern, tuple(dict.fromkeys(kept)))

    async def attach_logs(self, cluster: str, attached: Sequence[AttachedWindow]) -> None:
        if self.attaching_fails:
            raise StorageUnavailable("The store is read-only.")
        self.attached += attached


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


def test_what_stands_beside_a_gate_is_kept_for_its_window_once() -> None:
    store = Store(pattern(20, GATE.signal))

    async def scenario() -> None:
        evidence = LogEvidence(store, ())
        await evidence.beside(FIRED)
        kept = [(one.until, one.beside) for one in store.attached if one.beside.gate == GATE.key]
        assert kept == [(FIRED.at, Attachment("gone", "history", GATE.key, FIRED.at, 20.0))]
        count = len(store.attached)
        await evidence.beside(FIRED)
        assert len(store.attached) == count

    asyncio.run(scenario())


def test_gates_that_cannot_be_kept_are_shown_all_the_same() -> None:
    store = Store(pattern(20, GATE.signal))
    store.attaching_fails = True
    (row,) = asyncio.run(LogEvidence(store, ()).beside(FIRED)).log_patterns
    assert GATE.key in row.gates


class LongLog(Store):
    """A log that has been read for long, with the same line in every window; the rise is out of view."""

    async def log_windows(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[LogWindow, ...]:
        ends = [since + TimeDelta(seconds=30 * number) for number in range(1, 11)]
        ends = [end - TimeDelta(seconds=10) for end in ends] + [until]
        return tuple(LogWindow(end - TimeDelta(seconds=30), end, 9, 0, Oddities(), ()) for end in ends)

    async def log_patterns(
        self, cluster: str, since: Instant, until: Instant, *, service: str | None = None, limit: int
    ) -> tuple[LoggedPattern, ...]:
        windows = await self.log_windows(cluster, since, until, limit)
        (only,) = self.patterns
        return tuple(
            self._logged(window.since, window.until, attrs.evolve(only, first_at=window.since, last_at=window.since))
            for window in windows
        )


def test_lines_that_were_there_before_a_long_firing_are_not_taken_for_a_rise_when_its_begin_is_out_of_view() -> None:
    later = attrs.evolve(FIRED, at=FIRED.at + TimeDelta(seconds=2 * LOOKBACK))

    async def scenario(store: LongLog) -> tuple[tuple[str, ...], float | None]:
        evidence = LogEvidence(store, ())
        evidence._firing["test"] = (Firing(GATE.key, GATE.signal, FIRED.at),)
        (row,) = (await evidence.beside(later)).log_patterns
        return row.gates, row.lag_seconds

    assert FIRED.cluster == "test"
    unrelated = LongLog(pattern(20, GATE.signal))
    assert asyncio.run(scenario(unrelated)) == ((), None)
    # What was attached when it rose stays so, with the lag it had then.
    known = LongLog(pattern(20, GATE.signal))
    known.attached = [AttachedWindow(FIRED.at, FIRED.at, Attachment("gone", "history", GATE.key, FIRED.at, 20.0))]
    assert asyncio.run(scenario(known)) == ((GATE.key,), 20.0)


def test_a_pattern_stands_beside_a_finding_that_names_the_cause() -> None:
    """Collisions and full pools are findings; a status that said no line names them would be wrong."""
    finding = Finding(
        "dsql.transactions_collide", Pressure.PRESSURE, "dsql", "They collide.", (("dsql.conflicts", 80.0),), ""
    )
    cause = attrs.evolve(FIRED.cause, key="dsql_contention", facts=("dsql.transactions_collide",))
    collided = attrs.evolve(decision(STEADY), findings=(finding,), cause=cause)
    [conflict] = [one for one in DSQL.patterns if one.key == "dsql.conflict"]
    found = asyncio.run(LogEvidence(Store(pattern(20, *conflict.supports)), ()).beside(collided))
    (row,) = found.log_patterns
    assert (row.gates, row.lag_seconds) == (("dsql.transactions_collide",), 20.0)
    assert found.log_note == ""


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


def test_a_line_names_a_cause_that_is_over_and_carried() -> None:
    """What spoke for it is clear by then; to say that no line names it would be wrong."""
    carried = attrs.evolve(
        decision(STEADY),
        at=FIRED.at + TimeDelta(seconds=30),
        cause=attrs.evolve(FIRED.cause, facts=(), carried=True),
    )
    [gate] = [gate for gate in FIRED.gates if gate.key == FIRED.cause.facts[0]]

    async def note(*seen: PatternCount, first: bool = True) -> str:
        evidence = LogEvidence(store := Store(), (SILENCE,))
        if first:
            assert "No log line names the cause." in (await evidence.beside(FIRED)).log_note
        store.patterns = seen
        return (await evidence.beside(carried)).log_note

    assert asyncio.run(note(pattern(-20, gate.signal))) == ""
    assert SILENCE.says in asyncio.run(note())
    assert asyncio.run(note(first=False)) == "", "nobody knows any more what spoke for it"


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
        evidence = LogEvidence(store := Store(), ())
        await evidence.beside(FIRED)
        store.patterns = (pattern(-after, GATE.signal),)
        (row,) = (await evidence.beside(calm)).log_patterns
        return row.gates

    assert GATE.key in asyncio.run(beside(30))
    # It may answer some seconds before it writes.
    assert GATE.key in asyncio.run(beside(60 + AFTERWARDS_SECONDS - 0.1))
    assert asyncio.run(beside(60 + AFTERWARDS_SECONDS)) == ()
