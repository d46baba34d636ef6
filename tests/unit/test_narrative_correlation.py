"""Kinds of log lines beside the gates that fired when they rose."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant

from sre_copilot.explain.logs import log_rows
from sre_copilot.narrative.correlation import Correlated, Firing, PatternWindow, correlate
from sre_copilot.narrative.silence import UNNAMED, log_note
from sre_copilot.narrative.summary import PatternCount
from sre_copilot_hookspecs import Severity, Silence
from sre_copilot_temporal.patterns import PARSER
from tests.log_lines import recorded_lines, summary_of

START = Instant.from_utc(2026, 11, 22, 13)
SIGNAL = "persistence.error_share"
GATE = "persistence.error_share_critical"


def at(second: float) -> Instant:
    return START.add(seconds=second)


def row(
    first: float, count: int = 5, *, key: str = "p.locked", new: bool = False, supports: str = SIGNAL
) -> PatternCount:
    return PatternCount(
        key=key,
        service="history",
        severity=Severity.WARNING,
        count=count,
        template="t",
        sample="s",
        first_at=at(first),
        last_at=at(first + 1),
        supports=(supports,) if supports else (),
        new=new,
    )


def windows(*rows: PatternCount | None) -> list[PatternWindow]:
    """One after the other, thirty seconds each."""
    return [
        PatternWindow(at(30 * number), at(30 * number + 30), (found,) if found else ())
        for number, found in enumerate(rows)
    ]


def firing(second: float, gate: str = GATE, signal: str = SIGNAL) -> Firing:
    return Firing(gate, signal, at(second))


def only(found: Sequence[Correlated]) -> Correlated:
    [one] = found
    return one


@pytest.mark.parametrize(
    ("rise", "lag"),
    [
        (100.0, 40.0),
        (140.0, 0.0),
        # Up to ninety seconds before, and not a second more.
        (50.0, 90.0),
        (49.0, None),
        # During the firing, afterwards.
        (160.0, -20.0),
    ],
)
def test_a_rise_shortly_before_or_during_a_firing_is_attached(rise: float, lag: float | None) -> None:
    found = only(correlate([PatternWindow(at(0), at(200), (row(rise),))], [firing(140)]))
    assert found.lag_seconds == lag
    assert found.gates == ((GATE,) if lag is not None else ())


def test_the_window_is_a_setting() -> None:
    seen = [PatternWindow(at(0), at(200), (row(10),))]
    assert only(correlate(seen, [firing(140)], within_seconds=130)).lag_seconds == 130
    assert only(correlate(seen, [firing(140)], within_seconds=129)).lag_seconds is None


def test_what_was_there_long_before_explains_nothing() -> None:
    always = windows(*(row(30 * number + 1) for number in range(20)))
    assert only(correlate(always, [firing(590)])).gates == ()


def test_what_was_always_there_and_grows_threefold_has_risen() -> None:
    grown = windows(*(row(30 * number + 1) for number in range(19)), row(571, count=15))
    assert only(correlate(grown, [firing(590)])).lag_seconds == 19
    less = windows(*(row(30 * number + 1) for number in range(19)), row(571, count=14))
    assert only(correlate(less, [firing(590)])).gates == ()


def test_what_pauses_for_a_minute_rises_again() -> None:
    again = windows(row(1), *(row(30 * n + 1) for n in range(1, 10)), None, None, row(361))
    assert only(correlate(again, [firing(365)])).lag_seconds == 4
    hardly = windows(row(1), *(row(30 * n + 1) for n in range(1, 10)), None, row(331), row(361))
    assert only(correlate(hardly, [firing(365)])).gates == ()


def test_only_gates_on_signals_that_the_pattern_supports_are_attached() -> None:
    other = firing(30, "matching.dispatch_ratio_critical", "matching.dispatch_ratio")
    assert only(correlate(windows(None, row(31)), [other])).gates == ()
    assert only(correlate(windows(None, row(31, supports="")), [other, firing(30)])).gates == ()
    assert only(correlate(windows(None, row(31)), [other, firing(40)])).gates == (GATE,)


def test_a_new_template_goes_with_whatever_fired_then() -> None:
    found = only(correlate(windows(None, row(31, new=True, supports="")), [firing(40), firing(35, "a.b", "a")]))
    assert found.gates == ("a.b", GATE)
    assert found.lag_seconds == 4


@pytest.mark.parametrize(("rise", "attached"), [(149.0, True), (151.0, True), (159.0, True), (160.0, False)])
def test_a_declared_pattern_may_rise_shortly_after_a_firing_and_a_new_template_may_not(
    rise: float, attached: bool
) -> None:
    """A server that stood still answers some seconds before it has written down what it went through."""
    over = Firing(GATE, SIGNAL, at(100), at(150))
    assert bool(only(correlate([PatternWindow(at(0), at(200), (row(rise),))], [over])).gates) is attached
    unknown = only(correlate([PatternWindow(at(0), at(200), (row(rise, new=True),))], [over]))
    assert bool(unknown.gates) is (rise < 150)


def test_counts_and_instants_are_those_of_all_windows() -> None:
    found = only(correlate(windows(None, row(31, 5), row(61, 7)), [firing(40)]))
    assert (found.pattern.count, found.pattern.first_at, found.pattern.last_at) == (12, at(31), at(62))
    [shown] = log_rows([found])
    assert (shown.count, shown.gates, shown.lag_seconds, shown.severity) == (12, (GATE,), 9, "warning")


@given(st.permutations(range(6)), st.permutations(range(3)), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(seen: list[int], fired: list[int], chance: random.Random) -> None:
    rows = [row(30 * number + 1, key=f"p.{number % 3}") for number in range(6)]
    known = windows(*rows)
    firings = [firing(40 * number, f"g.{number}") for number in range(3)]
    assert correlate([known[n] for n in seen], [firings[n] for n in fired]) == correlate(known, firings)


def test_no_firing_attaches_nothing_and_no_window_shows_nothing() -> None:
    assert only(correlate(windows(row(1)), [])) == Correlated(row(1))
    assert correlate([], [firing(1)]) == ()


def situation(name: str, *firings: Firing) -> tuple[Correlated, ...]:
    summary = summary_of(recorded_lines(name))
    lines = [line.at for line in recorded_lines(name)]
    assert lines
    return correlate([PatternWindow(summary.since, summary.until, summary.patterns)], firings)


def test_a_failing_database_is_named_by_its_lines() -> None:
    first = recorded_lines("persistence_unavailable")[0].at
    fired = Firing(GATE, SIGNAL, first.add(seconds=45))
    found = situation("persistence_unavailable", fired)
    locked = next(one for one in found if one.pattern.key == "persistence.database_locked")
    assert locked.gates == (GATE,)
    assert locked.lag_seconds is not None
    assert 0 < locked.lag_seconds <= 90
    assert log_note("persistence_failing", (GATE,), found, PARSER.silences) == ""


def test_missing_workers_are_named_by_no_line_and_nothing_harmless_is_blamed() -> None:
    began = recorded_lines("no_workers")[0].at
    signals = ("matching.dispatch_ratio", "matching.backlog_growth", "workers.pollers", "history.completion_ratio")
    fired = [Firing(f"{signal}_critical", signal, began.add(seconds=30)) for signal in signals]
    found = situation("no_workers", *fired)
    assert "calls.context_canceled" in {one.pattern.key for one in found}
    assert not any(one.gates for one in found)
    note = log_note("no_workers", tuple(one.gate for one in fired), found, PARSER.silences)
    assert note == (
        "No log line names the cause. The server logs nothing about workers that are missing; only the metrics show it."
    )


@pytest.mark.parametrize("name", ["failing_workflows", "rate_limited", "saturated_host", "server_paused_then_resumed"])
def test_the_lines_of_other_troubles_are_beside_their_gates(name: str) -> None:
    signal = {
        "failing_workflows": "workflows.success_share",
        "rate_limited": "frontend.resource_exhausted",
        "saturated_host": "frontend.latency_p99",
        "server_paused_then_resumed": "frontend.reachable",
    }[name]
    lines = [line for line in recorded_lines(name) if line.level in ("warn", "error")]
    fired = Firing(f"{signal}_gate", signal, lines[0].at.add(seconds=20))
    assert any(one.gates == (fired.gate,) for one in situation(name, fired))


def test_a_note_only_where_there_is_a_cause_without_a_line() -> None:
    attached = Correlated(row(1), (GATE,), 5.0)
    by_time_only = Correlated(row(1, new=True), (GATE,), 5.0)
    silences = (Silence("c", "It never does."),)
    assert log_note("none", (), (), silences) == ""
    assert log_note("c", (GATE,), (attached,), silences) == ""
    assert log_note("c", (GATE,), (by_time_only,), silences) == f"{UNNAMED} It never does."
    assert log_note("c", ("other.gate",), (attached,), silences) == f"{UNNAMED} It never does."
    assert log_note("d", (), (), silences) == UNNAMED
    assert log_note("c", (), (), silences, problem="Loki says no.") == (
        "The log could not be read in full, so it may not name the cause: Loki says no."
    )
