"""Which windows of a log a kind of line stands beside a gate in."""

from __future__ import annotations

import attrs
import pytest
from whenever import Instant

from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.correlation import Correlated
from sre_copilot.narrative.summary import Oddities, PatternCount
from sre_copilot.store.rows import LoggedPattern, LogWindow
from sre_copilot.workflows.log_view import LogView
from sre_copilot_hookspecs import Severity

START = Instant.from_utc(2026, 11, 22, 13)
ROSE, FIRED = START.add(seconds=70), START.add(seconds=100)
BESIDE = Attachment("p.locked", "history", "a.gate", FIRED, 30.0)


def pattern(second: float) -> PatternCount:
    at = START.add(seconds=second)
    return PatternCount("p.locked", "history", Severity.WARNING, 5, "t", "s", at, at)


def view() -> LogView:
    """Ten windows of thirty seconds; the line is written in the tenth second of each."""
    windows = [(START.add(seconds=30 * number), START.add(seconds=30 * number + 30)) for number in range(10)]
    return LogView(
        START,
        tuple(LogWindow(since, until, 5, 0, Oddities(), ()) for since, until in windows),
        tuple(LoggedPattern(since, until, pattern(30 * at + 10)) for at, (since, until) in enumerate(windows)),
    )


def begun(found: LogView, ended: Instant | None) -> list[float]:
    """When the windows begin in which the line stood beside the gate, in seconds."""
    correlated = Correlated(found.patterns[0].pattern, ("a.gate",), 30.0, (BESIDE,))
    missing = found.missing([correlated], {("a.gate", FIRED): ended})
    assert {one.beside for one in missing} <= {BESIDE}
    return [(one.since - START).total("seconds") for one in missing]


@pytest.mark.parametrize(
    ("ended", "windows"),
    [
        (None, [60.0, 90.0, 120.0, 150.0, 180.0, 210.0, 240.0, 270.0]),
        # What is written when the firing is over is about something else.
        (155.0, [60.0, 90.0, 120.0]),
        (165.0, [60.0, 90.0, 120.0, 150.0]),
        # But for the rise itself, where it came afterwards.
        (65.0, [60.0]),
    ],
)
def test_from_the_rise_until_the_firing_ends(ended: float | None, windows: list[float]) -> None:
    assert begun(view(), None if ended is None else START.add(seconds=ended)) == windows


def test_what_is_stored_is_not_stored_again() -> None:
    found = view()
    known = tuple(attrs.evolve(logged, beside=(BESIDE,)) for logged in found.patterns[:4])
    assert begun(attrs.evolve(found, patterns=(*known, *found.patterns[4:])), START.add(seconds=165)) == [120.0, 150.0]


def test_a_log_goes_on_where_its_first_window_reaches_out_of_the_view() -> None:
    assert view().goes_on
    assert not attrs.evolve(view(), since=START.subtract(seconds=1)).goes_on
    assert not attrs.evolve(view(), windows=()).goes_on
