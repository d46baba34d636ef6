"""Windows of logs on a real PostgreSQL."""

from __future__ import annotations

import attrs
import pytest
from whenever import TimeDelta

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.summary import Oddities, PatternCount, WindowSummary
from sre_copilot.store import Store
from sre_copilot.store.rows import AttachedWindow
from sre_copilot_hookspecs import Severity
from tests.integration.decided import NOON, history
from tests.integration.test_store_records import FOREVER, rows, with_store

pytestmark = pytest.mark.integration


def window(begins: float, ends: float, *counts: tuple[str, str, int]) -> WindowSummary:
    since, until = NOON + TimeDelta(seconds=begins), NOON + TimeDelta(seconds=ends)
    patterns = tuple(
        PatternCount(key, service, Severity.WARNING, count, f"{key} <num>", f"{key} 7", since, until, "means", "remedy")
        for key, service, count in counts
    )
    memory, oddities = MinerMemory(), Oddities(late=2)
    return WindowSummary(since, until, 10, patterns, memory, oddities, unmatched=3, problems=("Loki is down.",))


def test_a_window_comes_back_as_it_was(database: str):
    first, second = window(0, 30, ("deadline", "history", 4)), window(30, 60, ("deadline", "matching", 1))
    new = attrs.evolve(
        first.patterns[0], key="new.1", new=True, supports=("history.latency",), severity=Severity.SEVERE
    )
    first = attrs.evolve(first, patterns=(first.patterns[0], new))

    async def scenario(store: Store) -> None:
        for summary in (first, second):
            await store.record_logs("prod", summary)
        found = await store.log_patterns("prod", NOON, FOREVER, limit=100)
        assert sorted((one.pattern for one in found), key=lambda one: (one.first_at, one.key)) == [
            *first.patterns,
            *second.patterns,
        ]
        assert [one.until for one in found] == [first.until, first.until, second.until]
        matching = await store.log_patterns("prod", NOON, FOREVER, service="matching", limit=100)
        assert [one.pattern for one in matching] == list(second.patterns)
        # Half-open: a window that ended when the span begins is not in it.
        later = await store.log_patterns("prod", first.until, FOREVER, limit=100)
        assert [one.pattern for one in later] == list(second.patterns)
        windows = await store.log_windows("prod", NOON, FOREVER, 10)
        assert [one.until for one in windows] == [first.until, second.until]
        assert windows[0].problems == ("Loki is down.",)
        assert windows[0].oddities == Oddities(late=2)
        assert await store.latest_log_window("prod") == windows[1]
        assert await store.latest_log_window("other") is None
        assert await store.log_patterns("other", NOON, FOREVER, limit=100) == ()

    with_store(database, scenario)


def test_a_window_that_was_read_again_and_further_takes_the_place_of_the_first(database: str):
    short = window(0, 30, ("deadline", "history", 4), ("gone", "history", 1))
    longer = window(0, 60, ("deadline", "history", 9))

    async def scenario(store: Store) -> None:
        await store.record_logs("prod", short)
        await store.record_logs("prod", longer)
        await store.record_logs("prod", longer)
        found = await store.log_patterns("prod", NOON, FOREVER, limit=100)
        assert [(one.pattern.key, one.pattern.count) for one in found] == [("deadline", 9)]

    with_store(database, scenario)
    assert rows(database, "log_windows") == 1


def beside(window: WindowSummary, gate: str, lag: float, fired: float = 40.0) -> AttachedWindow:
    """A gate that fired some seconds after noon, beside the window's first pattern."""
    row = window.patterns[0]
    fired_at = NOON + TimeDelta(seconds=fired)
    return AttachedWindow(window.since, window.until, Attachment(row.key, row.service, gate, fired_at, lag))


def test_gates_come_back_with_their_pattern_in_the_order_in_which_they_fired(database: str):
    first, second = window(0, 30, ("deadline", "history", 4)), window(30, 60, ("deadline", "history", 1))
    late, early = beside(first, "a.late", 25.0, 50.0), beside(first, "b.early", 15.0)

    async def scenario(store: Store) -> None:
        for summary in (first, second):
            await store.record_logs("prod", summary)
        await store.attach_logs("prod", [late, early])
        await store.attach_logs("prod", [early])
        await store.attach_logs("other", [beside(second, "c", 1.0)])
        await store.attach_logs("prod", [])
        found = await store.log_patterns("prod", NOON, FOREVER, limit=100)
        assert [one.beside for one in found] == [(early.beside, late.beside), ()]
        # A window that was read again, and further, keeps them.
        await store.record_logs("prod", window(0, 45, ("deadline", "history", 9)))
        found = await store.log_patterns("prod", NOON + TimeDelta(seconds=30), FOREVER, limit=100)
        assert [(one.pattern.count, len(one.beside)) for one in found] == [(9, 2), (1, 0)]

    with_store(database, scenario)
    assert rows(database, "log_pattern_gates") == 3


def test_gates_beside_patterns_are_forgotten_with_them(database: str):
    first, second = window(0, 30, ("deadline", "history", 4)), window(30, 60, ("deadline", "history", 4))

    async def scenario(store: Store) -> None:
        await store.record(history("h"))
        for summary in (first, second):
            await store.record_logs("prod", summary)
            await store.attach_logs("prod", [beside(summary, "a", 1.0)])
        await store.prune(NOON + TimeDelta(seconds=45))

    with_store(database, scenario)
    assert (rows(database, "log_patterns"), rows(database, "log_pattern_gates")) == (1, 1)


def test_old_windows_are_forgotten_with_old_decisions(database: str):
    async def scenario(store: Store) -> None:
        await store.record(history("h"))
        await store.record_logs("prod", window(0, 30, ("deadline", "history", 4)))
        await store.record_logs("prod", window(30, 60, ("deadline", "history", 4)))
        await store.prune(NOON + TimeDelta(seconds=45))

    with_store(database, scenario)
    assert (rows(database, "log_windows"), rows(database, "log_patterns")) == (1, 1)


def test_hostile_text_is_kept_as_far_as_it_can_be(database: str):
    hostile = window(0, 30, ("a\x00b\ud800", "'; drop table log_patterns; --", 1))

    async def scenario(store: Store) -> None:
        await store.record_logs("prod", hostile)
        (found,) = await store.log_patterns("prod", NOON, FOREVER, limit=100)
        assert found.pattern.key == "ab?"
        assert found.pattern.service == "'; drop table log_patterns; --"

    with_store(database, scenario)
