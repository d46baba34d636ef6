"""Log files as they really behave: they grow, are rotated, truncated, compressed, and hold anything."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
from pathlib import Path

import pytest
from whenever import Instant

from sre_copilot_hookspecs import Cluster, LogLines, LogRequest, TemporalConnection
from sre_copilot_logfile.settings import LogfileSettings
from sre_copilot_logfile.source import LogfileSource

START = Instant.from_utc(2026, 11, 1, 12)


def at(seconds: float) -> Instant:
    return START.add(seconds=seconds)


def line(seconds: float, says: str) -> str:
    return json.dumps({"time": at(seconds).format_iso(), "level": "WARN", "msg": says}) + "\n"


class Reader:
    """Reads one folder again and again, each time with the cursor that the last reading gave."""

    def __init__(self, paths: tuple[str, ...], **settings: object) -> None:
        self.settings = LogfileSettings(paths, **settings)  # type: ignore[arg-type]
        self.cursor = ""
        self.since = at(0)
        self.chunks: list[LogLines] = []

    def read(self, until: float) -> list[str]:
        return asyncio.run(self._read(at(until)))

    async def _read(self, until: Instant) -> list[str]:
        # A new source each time: nothing but the cursor may carry over.
        source = LogfileSource()
        assert await source.open(Cluster("a", TemporalConnection(), sections={LogfileSettings: self.settings}))
        request = LogRequest("a", self.since, until, self.cursor)
        self.chunks = [chunk async for chunk in source.read(request)]
        self.since, self.cursor = until, self.chunks[-1].cursor
        await source.close()
        return [said.message for chunk in self.chunks for said in chunk.lines]

    @property
    def problems(self) -> str:
        return " ".join(chunk.problem for chunk in self.chunks if chunk.problem)

    @property
    def unreadable(self) -> int:
        return sum(chunk.unreadable for chunk in self.chunks)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "temporal.log"


def append(path: Path, text: str | bytes) -> None:
    with path.open("ab") as opened:
        opened.write(text.encode() if isinstance(text, str) else text)


def test_lines_are_read_once_and_none_is_skipped(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(-5, "before the first span"))
    append(log, line(1, "one") + line(2, "two"))
    assert reader.read(10) == ["one", "two"]
    assert reader.read(20) == []
    append(log, line(21, "three"))
    assert reader.read(30) == ["three"]


def test_a_line_of_the_next_span_waits_for_it(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one") + line(10, "on the boundary"))
    assert reader.read(10) == ["one"]
    assert reader.read(20) == ["on the boundary"]


def test_a_line_that_arrives_late_is_still_read(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    append(log, line(9, "late") + line(11, "two"))
    assert reader.read(20) == ["late", "two"]


def test_a_clock_far_ahead_hides_no_other_line(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1e6, "from the future") + line(2, "two"))
    assert sorted(reader.read(10)) == ["from the future", "two"]


def test_half_a_line_is_left_until_it_is_whole(log: Path) -> None:
    reader = Reader((str(log),))
    whole = line(1, "one")
    append(log, whole[:20])
    assert reader.read(10) == []
    append(log, whole[20:])
    assert reader.read(20) == ["one"]


def test_rotation_by_renaming_loses_nothing(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    append(log, line(11, "two"))
    log.rename(log.with_suffix(".log.1"))
    append(log, line(12, "three"))
    assert reader.read(20) == ["two", "three"]


def test_rotation_by_copying_and_truncating_loses_nothing(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    append(log, line(11, "two"))
    shutil.copy(log, log.with_suffix(".log.1"))
    log.write_text("")
    append(log, line(12, "three"))
    assert reader.read(20) == ["two", "three"]


def test_a_copy_that_lies_beside_the_file_is_not_read_twice(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    append(log, line(11, "two"))
    shutil.copy(log, log.with_suffix(".log.1"))
    assert reader.read(20) == ["two"]


def test_a_file_that_was_compressed_after_rotation_is_read_to_its_end_once(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    append(log, line(11, "two"))
    packed = log.with_suffix(".log.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    append(log, line(12, "three"))
    assert reader.read(20) == ["two", "three"]
    assert reader.read(30) == []


def test_old_compressed_files_are_left_alone(log: Path) -> None:
    log.with_suffix(".log.2.gz").write_bytes(gzip.compress(line(1, "long ago").encode()))
    reader = Reader((str(log),))
    append(log, line(2, "one"))
    assert reader.read(10) == ["one"]
    log.with_suffix(".log.3.gz").write_bytes(gzip.compress(line(11, "restored from a backup").encode()))
    assert reader.read(20) == []


def test_a_file_truncated_and_grown_past_its_old_end_is_another_file(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    assert reader.read(10) == ["one"]
    log.write_text(line(11, "two") + line(12, "three"))
    assert reader.read(20) == ["two", "three"]


def test_a_folder_means_every_file_in_it(tmp_path: Path) -> None:
    reader = Reader((str(tmp_path),))
    append(tmp_path / "history.log", line(1, "one"))
    append(tmp_path / "matching.log", line(2, "two"))
    assert sorted(reader.read(10)) == ["one", "two"]
    append(tmp_path / "frontend.log", line(11, "three"))
    assert reader.read(20) == ["three"]


def test_a_plain_line_has_the_time_and_level_it_begins_with(log: Path) -> None:
    reader = Reader((str(log),), service="history")
    append(log, "2026-11-01T12:00:01Z ERROR shard closed\n")
    append(log, "no time at all\n")
    assert reader.read(10) == ["ERROR shard closed", "no time at all"]
    first, second = reader.chunks[0].lines
    assert (first.at, first.level, first.service) == (at(1), "error", "history")
    assert at(0) <= second.at < at(10)


def test_what_is_no_text_is_counted_and_passed_over(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "first"))
    assert reader.read(1.5) == ["first"]
    append(log, bytes(range(256)).replace(b"\n", b"") + b"\n")
    append(log, b"\xff\xfe\xfd" * 100 + b"\n")
    append(log, line(2, "x" * 10_000_000))
    append(log, line(3, "one"))
    said = reader.read(10)
    assert "one" in said
    assert reader.unreadable == 3
    assert max(len(message) for message in said) < 20_000


def test_a_line_that_never_ends_is_passed_over_once(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, "x" * 300_000)
    reader.read(10)
    assert reader.unreadable == 1
    append(log, "\n" + line(11, "one"))
    assert "one" in reader.read(20)


def test_more_than_one_reading_may_take_is_read_by_the_next(log: Path) -> None:
    reader = Reader((str(log),), max_bytes=1000)
    texts = [f"line {number}" for number in range(100)]
    append(log, "".join(line(1, text) for text in texts))
    said = reader.read(10)
    assert 0 < len(said) < 100
    assert "1000 bytes" in reader.problems
    for until in range(20, 200, 10):
        said += reader.read(until)
    assert said == texts


def test_no_file_is_a_problem_with_its_path(log: Path) -> None:
    reader = Reader((str(log),))
    assert reader.read(10) == []
    assert str(log) in reader.problems
    append(log, line(11, "one"))
    assert reader.read(20) == ["one"]


def test_a_foreign_cursor_is_a_beginning(log: Path) -> None:
    reader = Reader((str(log),))
    append(log, line(1, "one"))
    for cursor in ("{}", "[[1]]", "nonsense", '[["a","b","c","d"]]', "null", "7"):
        reader.cursor, reader.since = cursor, at(0)
        assert reader.read(10) == ["one"]


def test_many_files_fit_the_cursor(tmp_path: Path) -> None:
    reader = Reader((str(tmp_path),))
    for number in range(200):
        append(tmp_path / f"{number}.log", line(1, f"line {number}"))
    reader.read(10)
    assert len(reader.cursor) <= 4096


def test_a_cluster_without_paths_is_not_configured() -> None:
    cluster = Cluster("a", TemporalConnection(), sections={LogfileSettings: LogfileSettings()})
    assert asyncio.run(LogfileSource().open(cluster)) is False
