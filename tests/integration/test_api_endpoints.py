"""The endpoints beside /status, on what was recorded, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
from whenever import TimeDelta

from sre_copilot.explain.status import ExplanationRow, IssueRow, LogPatternRow, ParagraphRow
from sre_copilot.narrative.attachment import Attachment
from sre_copilot.narrative.memory import MinerMemory
from sre_copilot.narrative.summary import PatternCount, WindowSummary
from sre_copilot.store.rows import AttachedWindow
from sre_copilot_hookspecs import Severity
from tests.integration.decided import CRITICAL, NOON, Recorded, at, history, recorded
from tests.integration.served import Served, assert_problem, serving

FRESHNESS = {"observed_at", "age_seconds", "stale", "degraded", "degraded_reason"}
NOWHERE = "00000000-0000-4000-8000-000000000000"


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    """Run a scenario with an API on an empty database."""

    async def run() -> None:
        async with serving(database, **options) as served:
            await scenario(served)

    asyncio.run(run())


def issue_id(number: int) -> str:
    """An id as the engine would make it."""
    return f"00000000-0000-4000-8000-{number:012d}"


def logged(cycle: int) -> WindowSummary:
    """What the log of one cycle came to."""
    since, until = at(cycle - 1), at(cycle)
    pattern = PatternCount("deadline", "history", Severity.WARNING, 12, "deadline <num>", "deadline 7", since, until)
    return WindowSummary(since, until, 12, (pattern,), MinerMemory())


def told(cycle: float = 0) -> Recorded:
    """A critical cycle with all that other rooms write: issues, log patterns, an explanation."""
    receipt, status = recorded(cycle, CRITICAL)
    pattern = LogPatternRow("deadline", "history", "error", 12, "deadline <number>", at(cycle - 2), at(cycle))
    issues = (
        IssueRow(issue_id(1), "no workers", "workers", "critical", "Nobody polls", at(-9), at(cycle)),
        IssueRow(issue_id(2), "slow history", "history", "warning", "History is slow", at(-5), at(cycle)),
        IssueRow(issue_id(3), "slow history", "history", "warning", "It was", at(-3), at(cycle), at(cycle)),
    )
    paragraphs = (ParagraphRow("setting", "Setting", "A small cluster."), ParagraphRow("cause", "Cause", "No workers."))
    explanation = ExplanationRow("Nobody works", paragraphs, 0.9)
    return receipt, attrs.evolve(status, issues=issues, log_patterns=(pattern,), explanation=explanation)


def test_every_row_says_how_old_it_is_and_what_it_is_worth(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told()])
        await served.store.record_logs("prod", logged(0))
        served.clock.forward(12.5)
        for path in ("gates", "services", "signals", "issues", "timeline", "trend", "logs"):
            rows = await served.json(f"/status/{path}")
            assert rows, path
            assert all(set(row) >= FRESHNESS for row in rows), path
            assert {row["cluster"] for row in rows} == {"prod"}
        for path in ("/status", "/status/summary", f"/decisions/{told()[1].id}"):
            document = await served.json(path)
            assert (document["age_seconds"], document["stale"], document["degraded"]) == (12.5, False, False)
        gates = await served.get("/status/gates")
        assert gates.headers["copilot-observed-at"] == "2026-03-01T12:00:00Z"
        assert gates.headers["copilot-age-seconds"] == "12.5"
        assert (gates.headers["copilot-stale"], gates.headers["copilot-degraded"]) == ("false", "false")

    with_api(database, scenario)


def test_the_age_moves_on_while_the_rest_is_rendered_once(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told()])
        ages = []
        for seconds in (0, 30, 60, 0.5, 0.001):
            served.clock.forward(seconds)
            document = await served.json("/status")
            rows = await served.json("/status/services")
            assert {row["age_seconds"] for row in rows} == {document["age_seconds"]}
            ages.append((document["age_seconds"], document["health_state"]))
        assert ages == [
            (0.0, "critical"),
            (30.0, "critical"),
            (90.0, "critical"),
            (90.5, "unknown"),
            (90.501, "unknown"),
        ]
        assert (await served.json("/status/services"))[0]["progress"] == "unknown"
        served.clock.forward(100)
        assert "Not observed for 3 min" in (await served.json("/status"))["reason"]

    with_api(database, scenario)


def test_a_stale_answer_is_never_happy(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told()])
        served.clock.forward(91)
        summary = await served.json("/status/summary")
        assert (summary["health_state"], summary["last_known_state"]) == ("unknown", "critical")
        assert summary["paragraphs"] == []
        assert summary["title"] == "prod is unknown"
        (service,) = await served.json("/status/services")
        assert (service["progress"], service["last_known_progress"]) == ("unknown", "degraded")
        status = await served.json("/status")
        assert [row["progress"] for row in status["services"]] == ["unknown"]
        assert {row["stale"] for row in await served.json("/status/signals")} == {True}

    with_api(database, scenario)


def test_the_summary_is_the_explanation_or_the_reason(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        assert (await served.json("/status/summary"))["summary"] == recorded(0, CRITICAL)[1].reason
        await served.store.record([told(1)])
        served.clock.now = at(1)
        await asyncio.sleep(0.6)
        summary = await served.json("/status/summary")
        assert (summary["title"], summary["summary"]) == ("Nobody works", "A small cluster.\n\nNo workers.")
        assert [one["key"] for one in summary["paragraphs"]] == ["setting", "cause"]
        assert summary["open_issues"] == 2

    with_api(database, scenario)


def test_issues_are_open_ones_first_and_can_be_chosen(database: str):
    async def scenario(served: Served) -> None:
        assert await served.json("/status/issues") == []
        await served.store.record([told()])
        await asyncio.sleep(0.6)
        assert [row["id"] for row in await served.json("/status/issues")] == [issue_id(number) for number in (2, 1, 3)]
        assert [row["id"] for row in await served.json("/status/issues", severity="critical")] == [issue_id(1)]
        assert [row["id"] for row in await served.json("/status/issues", limit="1")] == [issue_id(2)]
        for wrong in ({"severity": "awful"}, {"limit": "0"}, {"limit": "101"}, {"limit": "1000000000"}):
            response = await served.get("/status/issues", **wrong)
            assert_problem(response, 400, *wrong)
            assert response.json()["parameter"] in wrong
            assert response.json()["accepted"].startswith("Give ")

    with_api(database, scenario)


def test_a_decision_comes_with_its_evidence(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told(), recorded(1)])
        served.clock.forward(600)
        document = await served.json(f"/decisions/{told()[1].id}")
        assert (document["health_state"], document["stale"]) == ("critical", True)
        assert [(row["key"], row["kind"]) for row in document["evidence"]] == [
            ("workers.none", "gate"),
            ("matching.slow", "finding"),
            ("deadline", "log pattern"),
        ]
        assert document["evidence"][0]["threshold"] == 1.0
        for wrong in (NOWHERE, "nonsense", "x" * 500, "%00", "..%2f..%2fetc"):
            assert_problem(await served.client.get(f"/decisions/{wrong}"), 404)

    with_api(database, scenario)


def test_a_timeline_in_steps_has_the_worst_of_each_and_its_gaps(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record(history("hhhhshhh............cchh"))
        served.clock.now = at(24)
        start = str(NOON.timestamp(unit="millisecond"))
        rows = await served.json("/status/timeline", start=start, step="120000")
        assert [(row["at"][11:19], row["state"], row["changed"]) for row in rows] == [
            ("12:00:00", "happy", False),
            ("12:02:00", "stressed", True),
            ("12:04:00", "unknown", True),
            ("12:06:00", "unknown", False),
            ("12:08:00", "unknown", False),
            ("12:10:00", "critical", True),
        ]
        pages: list[Any] = []
        after: str | None = start
        while after is not None:
            page = await served.json("/status/timeline", start=after, step="2m", limit="2")
            pages += page
            after = page[-1]["next"]
        assert [row["state"] for row in pages] == [row["state"] for row in rows]
        assert_problem(
            await served.get("/status/timeline", start="2016-03-01T12:00:00Z", step="1s"), 400, "steps of 1 s"
        )

    with_api(database, scenario)


def test_a_trend_is_what_was_read_and_nothing_where_nothing_was(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record(history("hhh...h"))
        served.clock.now = at(7)
        rows = await served.json("/status/trend", start=NOON.format_iso(), step="30s", signal="matching.pollers")
        assert [row["value"] is not None for row in rows] == [True, True, True, False, False, False, True]
        assert [row["stale"] for row in rows] == [False, False, False, True, True, True, False]
        every = await served.json("/status/trend", start=NOON.format_iso(), step="30s")
        assert {row["signal"] for row in every} == {"matching.pollers", "history.backlog_age"}
        amplifier = await served.json("/status/trend", start=NOON.format_iso(), signal="dsql.conflicts")
        assert {row["unit"] for row in amplifier} == {"per second"}
        assert_problem(await served.get("/status/trend", signal="no.such"), 400, "'no.such'")
        assert_problem(await served.get("/status/trend", start="2016-01-01T00:00:00Z", step="1s"), 400, "step")

    with_api(database, scenario)


def test_log_patterns_over_time_appear_once(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told(0)])
        assert await served.json("/status/logs") == []
        for cycle in range(3):
            await served.store.record_logs("prod", logged(cycle))
        served.clock.now = at(3)
        rows = await served.json("/status/logs")
        assert [row["last_at"] for row in rows] == [at(cycle).format_iso() for cycle in range(3)]
        assert {(tuple(row["gates"]), row["lag_seconds"]) for row in rows} == {((), None)}
        beside = Attachment("deadline", "history", "history.backlog_age_critical", at(1), 12.5)
        later = Attachment("deadline", "history", "canary.success_critical", at(2), 42.5)
        await served.store.attach_logs("prod", [AttachedWindow(at(0), at(1), each) for each in (later, beside)])
        rows = await served.json("/status/logs")
        assert [(row["gates"], row["lag_seconds"]) for row in rows] == [
            ([], None),
            (["history.backlog_age_critical", "canary.success_critical"], 12.5),
            ([], None),
        ]
        assert await served.json("/status/logs", service="matching") == []
        until = at(1).format_iso()
        assert len(await served.json("/status/logs", until=until)) == 2
        assert_problem(await served.get("/status/logs", since=until, until=at(0).format_iso()), 400, "since")

    with_api(database, scenario)


def test_an_action_is_understood_and_nobody_acts(database: str):
    action = {"cluster": "prod", "kind": "scale", "target": "workers", "decision": NOWHERE}

    async def scenario(served: Served) -> None:
        response = await served.client.post("/actions", json=action)
        assert_problem(response, 501, "does not act", "scale workers")
        schema = response.json()["schema"]
        assert set(schema["$defs"]["ActionRequest"]["required"]) == set(action)
        for document, field in (
            ({**action, "kind": "explode"}, "kind"),
            ({**action, "surprise": 1}, "surprise"),
            ({name: text for name, text in action.items() if name != "target"}, "target"),
            ([], "body"),
        ):
            refused = await served.client.post("/actions", json=document)
            assert refused.status_code == 422, refused.text
            assert refused.json()["parameter"] == field
        for body, kind, status in (
            (b"{", "application/json", 400),
            (b"", "application/json", 400),
            (b"\xff", "application/json", 400),
            (b"[" * 60_000, "application/json", 400),
            (b"{}", "text/plain", 415),
            (b"{}", "", 415),
            (b"x" * 70_000, "application/json", 413),
        ):
            refused = await served.client.post("/actions", content=body, headers={"content-type": kind})
            assert_problem(refused, status)

    with_api(database, scenario)


def test_the_page_for_people_loads_nothing_from_elsewhere(database: str):
    async def scenario(served: Served) -> None:
        page = await served.get("/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert "/decisions/{id}" in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert (await served.get("/docs.css")).headers["content-type"].startswith("text/css")

    with_api(database, scenario)


def test_a_status_from_the_future_is_as_old_as_none(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([told(4)])
        served.clock.now = at(0) - TimeDelta(seconds=1)
        document = await served.json("/status")
        assert (document["age_seconds"], document["stale"]) == (0.0, False)

    with_api(database, scenario)
