"""Trends are told from the memory alone: over gaps, and over a change of rules."""

from __future__ import annotations

import attrs
import pytest

from sre_copilot.health.decide import Engine
from sre_copilot.health.decision import TrendDirection
from sre_copilot.health.memory import TRACK_LENGTH, Memory, Recent
from sre_copilot.health.trends import extend, trends
from sre_copilot_hookspecs import Category, MissingReason, Reading, Sample
from tests.rules import BUILTIN, ENGINE, START, STEADY, observe
from tests.worlds import lose

AGE = "matching.backlog_age"


def directions(recent: Recent) -> dict[str, TrendDirection]:
    return {trend.signal: trend.direction for trend in trends(BUILTIN.gates, recent)}


def lived(values: list[float | None], engine: Engine = ENGINE, memory: Memory | None = None) -> Memory:
    """The memory after cycles with these backlog ages; ``None`` where it could not be read."""
    memory = memory or Memory()
    for cycle, value in enumerate(values):
        observation = observe({**STEADY, AGE: value or 0.0}, cycle)
        if value is None:
            observation = lose(observation, [AGE], MissingReason.UNREACHABLE)
        memory = engine.decide(memory, observation).memory
    return memory


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ([1, 2, 3, 4], TrendDirection.WORSENING),
        ([4, 3, 2, 1], TrendDirection.IMPROVING),
        ([4, 4, 4.1, 4], TrendDirection.STABLE),
        ([1, None, 2, None, 3, 4], TrendDirection.WORSENING),
        ([9, 9, 9, 9, *[1] * TRACK_LENGTH], TrendDirection.STABLE),
    ],
)
def test_a_trend_is_told_from_the_values_that_were_read(values: list[float | None], direction: TrendDirection) -> None:
    assert directions(lived(values).recent)[AGE] is direction


@pytest.mark.parametrize("values", [[1, 2, 3], [None, 1, None, 2, None, 3]])
def test_three_values_are_no_trend(values: list[float | None]) -> None:
    assert AGE not in directions(lived(values).recent)


def test_rules_that_track_other_signals_go_on_with_what_both_track() -> None:
    memory = lived([1, 2, 3])
    other = attrs.evolve(
        BUILTIN,
        signals=tuple(
            attrs.evolve(rule, category=Category.AMPLIFIER) if rule.key == "frontend.latency_p99" else rule
            for rule in BUILTIN.signals
        ),
    )
    after = lived([4], Engine.of(other), memory).recent
    assert "frontend.latency_p99" in memory.recent.signals
    assert "frontend.latency_p99" not in after.signals
    assert directions(after)[AGE] is TrendDirection.WORSENING
    back = lived([5], ENGINE, attrs.evolve(memory, recent=after)).recent
    assert [row[back.signals.index("frontend.latency_p99")] for row in back.rows] == [None, None, None, None, 0.02]


def test_six_digits_are_kept_and_what_stays_as_it_is_stays_so() -> None:
    recent = Recent()
    for value in (1 / 3, 1 / 3, 0.5, 0.5):
        recent = extend(recent, ("a",), Reading(START, "test", {"a": Sample(value)}))
    assert recent.rows == ((0.333333,), (0.333333,), (0.5,), (0.5,))
