"""Reading logs over HTTP from a server with Loki's interface that holds a real Temporal server's log."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence

import attrs
import pytest
from whenever import Instant

from sre_copilot_hookspecs import (
    Cluster,
    LogLine,
    LogLines,
    LogPattern,
    LogRequest,
    SourceUnavailable,
    TemporalConnection,
)
from sre_copilot_loki.settings import LokiSettings
from sre_copilot_loki.source import LokiSource
from tests.loki_server import Fault, Loki, Stored, basic, loki

pytestmark = pytest.mark.integration

START = Instant.from_utc(2026, 11, 1, 12)
LABELS = {"job": "temporal", "service_name": "history"}
PATTERNS = (LogPattern("deadline", contains="deadline exceeded"), LogPattern("shard", expression=r"shard \d+ moved"))


def at(seconds: float) -> Instant:
    return START.add(seconds=seconds)


def stored(seconds: float, says: str, level: str = "error", **labels: str) -> Stored:
    text = json.dumps({"level": level, "msg": says})
    return Stored(at(seconds).timestamp(unit="nanosecond"), text, {**LABELS, **labels})


def settings(server: Loki, **changes: object) -> LokiSettings:
    given = {"url": server.url, "selector": '{job="temporal"}', "delay": 0.0, "timeout": 2.0, **changes}
    return LokiSettings(**given)  # type: ignore[arg-type]


class Reading:
    """Reads again and again with the cursor of the last reading, each time with a new source."""

    def __init__(self, chosen: LokiSettings) -> None:
        self.settings = chosen
        self.since, self.cursor = at(0), ""
        self.chunks: list[LogLines] = []

    def until(self, seconds: float) -> list[str]:
        return asyncio.run(self._read(at(seconds)))

    async def _read(self, until: Instant) -> list[str]:
        source = LokiSource()
        assert await source.open(Cluster("a", TemporalConnection(), sections={LokiSettings: self.settings}))
        self.chunks = [c async for c in source.read(LogRequest("a", self.since, until, self.cursor, PATTERNS))]
        await source.close()
        self.since, self.cursor = until, self.chunks[-1].cursor
        return [line.message for line in self.lines]

    @property
    def lines(self) -> list[LogLine]:
        return [line for chunk in self.chunks for line in chunk.lines]

    @property
    def problem(self) -> str:
        return " ".join(chunk.problem for chunk in self.chunks if chunk.problem)


def test_windows_share_no_line_and_miss_none() -> None:
    with loki(lines=[stored(0, "zero"), stored(9.999, "one"), stored(10, "two"), stored(20, "three")]) as server:
        reading = Reading(settings(server))
        assert reading.until(10) == ["zero", "one"]
        assert reading.until(20) == ["two"]
        assert reading.until(30) == ["three"]


def test_lines_younger_than_the_delay_wait() -> None:
    with loki(lines=[stored(4, "one"), stored(6, "two")]) as server:
        reading = Reading(settings(server, delay=5.0))
        assert reading.until(3) == []
        assert reading.until(10) == ["one"]
        server.lines.append(stored(5.5, "late"))
        assert reading.until(20) == ["late", "two"]


def test_pages_together_hold_every_line_once() -> None:
    # Many lines of one nanosecond lie across the pages' ends.
    lines = [stored(number // 3, f"line {number}") for number in range(27)]
    with loki(lines=lines) as server:
        reading = Reading(settings(server, limit=7, pages=10))
        assert sorted(reading.until(10)) == sorted(f"line {number}" for number in range(27))
        assert len(server.asked) > 3
        assert all(chunk.counts is None for chunk in reading.chunks)


def totals(chunks: Sequence[LogLines]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for chunk in chunks:
        for count in chunk.counts or ():
            found[count.pattern, count.service] += count.count
    return found


def test_counts_are_right_where_lines_are_only_sampled() -> None:
    lines = [stored(number / 100, "context deadline exceeded") for number in range(500)]
    lines += [stored(number / 100, "Deadline Exceeded", service_name="matching") for number in range(300)]
    lines += [stored(number / 10, f"shard {number} moved", "info") for number in range(50)]
    lines += [stored(number / 10, "nothing of note", "info") for number in range(90)]
    lines += [stored(10, "deadline exceeded in the next window"), stored(-0.001, "deadline exceeded before")]
    with loki(lines=lines) as server:
        reading = Reading(settings(server, limit=10, pages=2))
        said = reading.until(10)
        assert len(said) == 10
        assert "nothing of note" not in said
        assert totals(reading.chunks) == {
            ("deadline", "history"): 500,
            ("deadline", "matching"): 300,
            ("shard", "history"): 50,
        }
        assert sum(chunk.left_out for chunk in reading.chunks) == 500 + 300 + 50 + 90 - 10
        reading.until(20)
        assert [line.message for line in reading.lines] == ["deadline exceeded in the next window"]


def test_levels_and_services_come_from_lines_labels_or_structured_metadata() -> None:
    moment = at(1).timestamp(unit="nanosecond")
    lines = [
        Stored(moment, '{"time":"2020-01-01T00:00:00Z","level":"warn","msg":"json","service":"matching"}', LABELS),
        Stored(moment + 1, "plain text", LABELS, {"detected_level": "error"}),
        Stored(moment + 2, "labelled", {**LABELS, "level": "INFO"}),
    ]
    with loki(lines=lines) as server:
        reading = Reading(settings(server))
        reading.until(10)
    assert [(line.message, line.level, line.service) for line in reading.lines] == [
        ("json", "warn", "matching"),
        ("plain text", "error", "history"),
        ("labelled", "info", "history"),
    ]
    # Windows are cut by Loki's time, whatever a line says of itself.
    assert all(at(1) <= line.at < at(2) for line in reading.lines)


@pytest.mark.parametrize(
    ("demands", "given"),
    [
        ({"tenant": "blue"}, {"tenant": "blue"}),
        ({"credentials": "Bearer token"}, {"bearer": "token"}),
        ({"credentials": basic("me", "secret")}, {"username": "me", "password": "secret"}),
    ],
)
def test_tenant_and_credentials_are_sent(demands: dict[str, str], given: dict[str, str]) -> None:
    with loki(lines=[stored(1, "one")], **demands) as server:
        assert Reading(settings(server, **given)).until(10) == ["one"]
        without = Reading(settings(server))
        assert without.until(10) == []
        assert "401" in without.problem


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(400, b"parse error at line 1, col 2"), "rejects the query: parse error at line 1, col 2"),
        (Fault(401, b"no org id"), "refuses our credentials or tenant (401)"),
        (Fault(429, b"too many outstanding requests", {"Retry-After": "7"}), "turns us away for 7 s"),
        (Fault(500, b"boom"), "fails with 500: boom"),
        (Fault(502, b"<html>bad gateway</html>"), "fails with 502."),
        (Fault(302, b"", {"Location": "/login"}), "answers 302"),
        (Fault(200, b"<html>"), "something else than JSON"),
        (Fault(200, b"[]"), "not as Loki does"),
        (Fault(200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}'), "a matrix instead of streams"),
        (Fault(200, b'{"status":"success","data":{"resultType":"streams","result":{}}}'), "malformed streams"),
        (
            Fault(
                200, b'{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["x"]]}]}}'
            ),
            "malformed streams",
        ),
        (Fault(200, b'{"a":' * 5000), "something else than JSON"),
        (Fault(200, b" " * 2_000_000), "more than 1000000 bytes"),
        (Fault(hang=1.0), "did not answer within 0.5 s"),
    ],
)
def test_an_outage_has_a_name_and_loses_no_line(fault: Fault, says: str) -> None:
    with loki(lines=[stored(1, "one"), stored(11, "two")]) as server:
        reading = Reading(settings(server, timeout=0.5, max_body=1_000_000))
        server.fault = fault
        assert reading.until(10) == []
        assert says in reading.problem
        assert server.url in reading.problem
        server.fault = None
        assert reading.until(20) == ["one", "two"]


def test_a_failure_between_two_questions_counts_nothing_twice() -> None:
    lines = [stored(number / 100, "deadline exceeded") for number in range(500)]
    with loki(lines=lines) as server:
        reading = Reading(settings(server, limit=10, pages=2))
        server.fault = Fault(500, only="/query")
        assert reading.until(10) == []
        assert "fails with 500" in reading.problem
        server.fault = None
        reading.until(20)
        assert totals(reading.chunks)["deadline", "history"] == 500


def test_a_server_that_is_gone_is_a_problem() -> None:
    with loki() as server:
        gone = settings(server)
    reading = Reading(gone)
    assert reading.until(10) == []
    assert "cannot be reached" in reading.problem


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    async def twice(server: Loki) -> list[LogLines]:
        source = LokiSource()
        await source.open(Cluster("a", TemporalConnection(), sections={LokiSettings: settings(server)}))
        found = []
        for _ in range(2):
            found += [chunk async for chunk in source.read(LogRequest("a", at(0), at(10)))]
        await source.close()
        return found

    with loki(fault=Fault(429, b"slow down", {"Retry-After": "60"})) as server:
        first, second = asyncio.run(twice(server))
        assert "60 s" in first.problem
        assert "asked to be left alone" in second.problem
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "loki:3100"}, "clusters.a.loki.url"),
        ({"url": "http://me:secret@loki:3100"}, "clusters.a.loki.url"),
        ({"selector": "temporal"}, "clusters.a.loki.selector"),
        ({"service_label": "service name"}, "clusters.a.loki.service_label"),
        ({"limit": 0}, "clusters.a.loki.limit"),
        ({"delay": -1.0}, "clusters.a.loki.delay"),
        ({"ca_certificate": "/nonexistent/authority.pem"}, "certificate of clusters.a.loki"),
    ],
)
def test_settings_that_can_never_work_are_refused(changes: dict[str, object], says: str) -> None:
    wrong = attrs.evolve(LokiSettings(url="http://127.0.0.1:1"), **changes)
    with pytest.raises(SourceUnavailable) as refused:
        asyncio.run(LokiSource().open(Cluster("a", TemporalConnection(), sections={LokiSettings: wrong})))
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)


def test_the_server_of_these_tests_refuses_what_loki_refuses() -> None:
    with loki(lines=[stored(1, "one")]) as server:
        for changes in ({"selector": '{job=""}'}, {"selector": '{job=~".*"}'}, {"limit": 5001}, {"selector": "{job}"}):
            reading = Reading(settings(server, **changes))
            assert reading.until(10) == []
            assert "rejects the query" in reading.problem
