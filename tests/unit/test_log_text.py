"""Lines of text as loggers write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whenever import Instant

from sre_copilot_hookspecs import canonical_level, log_line

READ_AT = Instant.from_utc(2026, 11, 1, 12)
WRITTEN_AT = Instant.from_utc(2026, 11, 1, 11, 59, 58)


def test_a_line_as_temporal_writes_it() -> None:
    text = (
        '{"time": "2026-11-01T11:59:58Z", "level": "ERROR", "msg": "service failures", "service": "History",'
        ' "shard-id": 1, "trailer": {"nested": "left out"}, "error": "shard status unknown"}'
    )
    line = log_line(text, at=READ_AT)
    assert (line.at, line.level, line.service) == (WRITTEN_AT, "error", "history")
    assert line.message == "service failures: shard status unknown"
    assert line.attributes == {"shard-id": "1", "error": "shard status unknown"}


@pytest.mark.parametrize(
    "text",
    [
        '{"ts": 1793534398.0, "level": "warn", "msg": "slow"}',
        '{"timestamp": "2026-11-01T13:59:58+02:00", "severity": "WARNING", "message": "slow"}',
        "2026-11-01 11:59:58 WARN slow",
        "[2026-11-01T11:59:58.000Z] WARNING: slow",
        "2026-11-01T12:59:58,000+0100 level=warn slow",
    ],
)
def test_times_and_levels_in_any_spelling(text: str) -> None:
    line = log_line(text, at=READ_AT)
    assert (line.at, line.level) == (WRITTEN_AT, "warn")
    assert line.message.endswith("slow")


def test_what_a_line_does_not_say_is_taken_from_where_it_was_found() -> None:
    line = log_line("shard closed", at=READ_AT, service="History", level="Warning")
    assert (line.at, line.service, line.level, line.message) == (READ_AT, "history", "warn", "shard closed")


def test_a_level_word_in_the_message_is_no_level() -> None:
    assert log_line("x" * 200 + " error", at=READ_AT).level == ""


@pytest.mark.parametrize("word", ["", "loud", "ERR0R", "infos"])
def test_a_word_that_is_no_level_is_none(word: str) -> None:
    assert canonical_level(word) == ""


@given(st.text(max_size=300))
def test_any_text_is_a_line(text: str) -> None:
    assert len(log_line(text, at=READ_AT).message) <= len(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["time", "ts", "level", "msg", "service", "error", "other"]), json_values))
def test_any_object_is_a_line_with_bounded_text(fields: dict[str, object]) -> None:
    line = log_line(json.dumps(fields), at=READ_AT)
    assert line.level in {"", "debug", "info", "warn", "error", "fatal"}
    assert all(isinstance(value, str) and len(value) <= 512 for value in line.attributes.values())


def test_deep_nesting_and_great_length_are_survived() -> None:
    assert log_line("{" * 100_000, at=READ_AT).message
    assert len(log_line("x" * 10_000_000, at=READ_AT).message) <= 16 * 1024
    assert log_line('{"a":' * 9_000, at=READ_AT).message
