"""Columns give back what was put in, and a window over them says what a window over readings says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant, TimeDelta

from sre_copilot.health.columns import Columns, DamagedColumns, columnise
from sre_copilot.health.lookback import LENGTH, Lookback
from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Reading, Sample, Window

START = Instant.from_utc(2026, 1, 1)
KEYS = ("a.one", "b.two", "c.three")
numbers = st.floats(allow_nan=False, allow_infinity=False)
labels = st.dictionaries(st.sampled_from(["namespace", "taskqueue"]), st.text(max_size=4), max_size=2).map(
    lambda pairs: tuple(sorted(pairs.items()))
)
samples = st.builds(
    Sample,
    numbers,
    numbers,
    st.lists(st.builds(LabelledValue, labels, numbers), max_size=3).map(tuple),
    st.integers(0, 3),
    st.text(max_size=5),
) | st.builds(Missing, st.sampled_from(MissingReason), st.text(max_size=5))
rows = st.dictionaries(st.sampled_from(KEYS), samples)


@st.composite
def readings(draw: st.DrawFn) -> list[Reading]:
    found = draw(st.lists(rows, min_size=1, max_size=60))
    gaps = draw(st.lists(st.integers(1, 10**12), min_size=len(found), max_size=len(found)))
    at, made = START, []
    for row, gap in zip(found, gaps, strict=True):
        at += TimeDelta(nanoseconds=gap)
        made.append(Reading(at, "prod", row))
    return made


@given(readings())
def test_readings_come_back_bit_for_bit(made: list[Reading]) -> None:
    packed = columnise(made).pack()
    again = list(Columns.unpack(packed).readings())
    assert again == made
    # Equality does not tell 0.0 from -0.0.
    assert repr([dict(sorted(one.samples.items())) for one in again]) == repr(
        [dict(sorted(one.samples.items())) for one in made]
    )


@given(readings(), st.data())
def test_a_window_over_columns_is_the_window_over_readings(made: list[Reading], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 25))
    lookback, done = Lookback(), 0
    for first in range(0, len(made), size):
        block = columnise(made[first : first + size])
        lookback.add(block)
        for position in range(len(block)):
            done += 1
            plain = Window(tuple(made[max(0, done - LENGTH) : done]))
            window = lookback.window(position)
            assert [window.values(key) for key in KEYS] == [plain.values(key) for key in KEYS]
            assert dict(window.latest.samples) == plain.latest.samples
            assert [(one.at, dict(one.samples)) for one in window.readings] == [
                (one.at, dict(one.samples)) for one in plain.readings
            ]


@given(readings(), st.data())
def test_damage_is_named_and_never_misread(made: list[Reading], data: st.DataObject) -> None:
    packed = columnise(made).pack()
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(DamagedColumns):
        Columns.unpack(cut)


def test_a_later_format_is_refused_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from sre_copilot.health import columns

    block = columnise([Reading(START, "prod", {"a.one": Sample(1.0)})])
    monkeypatch.setattr(columns, "FORMAT", 7)
    later = block.pack()
    monkeypatch.undo()
    with pytest.raises(DamagedColumns, match="format 7; this version reads format 1"):
        Columns.unpack(later)


@given(st.integers(1, 7), st.integers(1, 5))
def test_a_window_is_as_long_as_it_may_be_across_any_blocks(length: int, cycles: int) -> None:
    lookback, at = Lookback(length), []
    for block in range(5):
        readings = [
            Reading(START + TimeDelta(seconds=30 * (block * cycles + cycle)), "test", {"a": Sample(1.0)})
            for cycle in range(cycles)
        ]
        lookback.add(columnise(readings))
        for position, reading in enumerate(readings):
            at.append(reading.at)
            assert [one.at for one in lookback.window(position).readings] == at[-length:]
