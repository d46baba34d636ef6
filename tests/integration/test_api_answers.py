"""What the API answers about what was recorded, over real HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import msgspec
from prometheus_client.parser import text_string_to_metric_families
from whenever import TimeDelta

from sre_copilot.api.documents import ServedStatus
from tests.integration.decided import CRITICAL, NOON, at, history, recorded
from tests.integration.postgres import Postgres
from tests.integration.served import Served, assert_problem, serving


def with_api(database: str, scenario: Callable[[Served], Awaitable[None]], **options: Any) -> None:
    """Run a scenario with an API on an empty database."""

    async def run() -> None:
        async with serving(database, **options) as served:
            await scenario(served)

    asyncio.run(run())


def test_status_is_the_stored_document_with_its_age(database: str):
    _, status = recorded(0, CRITICAL)

    async def scenario(served: Served) -> None:
        await served.store.record(history("hhss"))
        await served.store.record([recorded(4, CRITICAL)])
        served.clock.now = at(4) + TimeDelta(seconds=12.5)
        document = await served.json("/status")
        assert set(document) == {field.name for field in attrs.fields(ServedStatus)}
        assert document["cluster"] == "prod"
        assert document["health_state"] == "critical"
        assert document["last_known_state"] is None
        assert document["cause"] == "no workers"
        assert document["observed_at"] == "2026-03-01T12:02:00Z"
        assert document["age_seconds"] == 12.5
        assert (document["stale"], document["degraded"]) == (False, False)
        assert document["decision"] == recorded(4, CRITICAL)[1].id
        expected = msgspec.to_builtins(status.primary_signals)
        assert document["primary_signals"] == msgspec.json.decode(msgspec.json.encode(expected))
        assert document["primary_signals"][1]["missing"] == "warming_up"
        assert document["primary_signals"][1]["value"] is None
        assert document["recommended_actions"][0]["says"] == "Start a worker."

    with_api(database, scenario)


def test_three_missed_cycles_are_unknown_everywhere(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        served.clock.forward(90)
        assert (await served.json("/status"))["health_state"] == "critical"
        served.clock.forward(0.001)
        document = await served.json("/status")
        assert (document["health_state"], document["last_known_state"]) == ("unknown", "critical")
        assert document["stale"] is True
        assert document["since"] == "2026-03-01T12:01:30Z"
        (cluster,) = await served.json("/clusters")
        assert (cluster["health_state"], cluster["last_known_state"]) == ("unknown", "critical")
        gates = await served.json("/status/gates")
        assert {gate["outcome"] for gate in gates} == {"unknown"}
        metrics = await _metrics(served)
        assert metrics["sre_copilot_health_state", ("prod", "unknown")] == 1.0
        assert metrics["sre_copilot_health_state", ("prod", "critical")] == 0.0
        assert not any(name == "sre_copilot_signal" for name, _ in metrics)

    with_api(database, scenario)


def test_before_anything_is_observed_the_state_is_unknown(database: str):
    async def scenario(served: Served) -> None:
        document = await served.json("/status")
        assert (document["cluster"], document["health_state"]) == (None, "unknown")
        assert document["reason"] == "No cluster is watched yet."
        assert await served.json("/clusters") == []
        assert_problem(await served.get("/status/timeline"), 404, "No cluster is watched yet")
        await served.store.register_cluster("prod", 30.0)
        await asyncio.sleep(0.6)
        document = await served.json("/status")
        assert (document["cluster"], document["health_state"]) == ("prod", "unknown")
        assert document["reason"] == "Cluster prod was not observed yet."
        assert document["observed_at"] is None
        assert await served.json("/status/gates") == []
        metrics = await _metrics(served)
        assert metrics["sre_copilot_health_state", ("prod", "unknown")] == 1.0

    with_api(database, scenario)


def test_gates_keep_their_order_and_their_sentence(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        document = await served.json("/status/gates", cluster="prod")
        assert [(gate["key"], gate["outcome"]) for gate in document] == [
            ("history.slow", "clear"),
            ("workers.none", "fired"),
        ]
        assert document[1]["sentence"] == "Nobody polls."

    with_api(database, scenario)


def test_the_timeline_is_ascending_has_gaps_and_goes_on(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record(history("hhs......ch"))
        served.clock.now = at(11)
        day = await served.json("/status/timeline")
        states = [(row["at"], row["state"]) for row in day]
        assert states == [
            ("2026-02-28T12:05:30Z", "unknown"),
            ("2026-03-01T12:00:00Z", "happy"),
            ("2026-03-01T12:00:30Z", "happy"),
            ("2026-03-01T12:01:00Z", "stressed"),
            ("2026-03-01T12:02:30Z", "unknown"),
            ("2026-03-01T12:04:30Z", "critical"),
            ("2026-03-01T12:05:00Z", "happy"),
        ]
        assert {row["next"] for row in day} == {None}
        assert [row["changed"] for row in day] == [False, True, False, True, False, True, True]

        rows: list[Any] = []
        start: str | None = day[0]["at"]
        while start is not None:
            page = await served.json("/status/timeline", start=start, limit="2")
            rows += page
            start = page[-1]["next"]
        assert [{**row, "next": None} for row in rows] == day

        noon = str(NOON.timestamp(unit="millisecond"))
        part = await served.json("/status/timeline", start=noon, end="2026-03-01T12:01:00Z")
        assert [row["state"] for row in part] == ["happy", "happy"]

    with_api(database, scenario)


def test_with_several_clusters_one_has_to_be_named(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record(history("h", "eu") + history("c", "us"))
        assert_problem(await served.get("/status"), 400, "eu, us")
        assert_problem(await served.get("/status/gates"), 400, "eu, us")
        assert_problem(await served.get("/status/timeline"), 400, "eu, us")
        assert (await served.json("/status", cluster="us"))["health_state"] == "critical"
        assert_problem(await served.get("/status", cluster="mars"), 404, "'mars'", "eu, us")
        names = [one["name"] for one in await served.json("/clusters")]
        assert names == ["eu", "us"]
        await served.store.remove_cluster("us")
        await asyncio.sleep(0.6)
        assert (await served.json("/status"))["cluster"] == "eu"
        # Its past can still be asked for.
        assert await served.json("/status/timeline", cluster="us", start="2026-03-01T11:00:00Z")

    with_api(database, scenario)


def test_metrics_are_what_prometheus_reads(database: str):
    async def scenario(served: Served) -> None:
        await served.store.record(history("c", 'odd "name"\\'))
        metrics = await _metrics(served)
        name = 'odd "name"\\'
        states = {key[1][1]: value for key, value in metrics.items() if key[0] == "sre_copilot_health_state"}
        assert states == {"happy": 0.0, "stressed": 0.0, "critical": 1.0, "unknown": 0.0}
        signal = (name, "matching.pollers", "primary", "matching", "count")
        assert metrics["sre_copilot_signal", signal] == 0.1 + 0.2
        missing = (name, "history.backlog_age", "warming_up")
        assert metrics["sre_copilot_signal_missing", missing] == 1.0
        assert metrics["sre_copilot_gate", (name, "workers.none", "critical", "fired")] == 1.0
        assert metrics["sre_copilot_gate", (name, "workers.none", "critical", "unknown")] == 0.0
        assert metrics["sre_copilot_observation_age_seconds", (name,)] == 0.0
        assert metrics["sre_copilot_visibility_ratio", (name,)] == 0.75
        assert metrics["sre_copilot_cause", (name, "no workers")] == 1.0
        assert metrics["sre_copilot_degraded", ()] == 0.0

    with_api(database, scenario)


def test_a_silent_store_leaves_the_last_answers_marked_as_degraded(mortal_postgres: Postgres):
    database = mortal_postgres.database()

    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        assert (await served.json("/ready")) == {"status": "ready"}
        fresh = await served.json("/status")
        await served.json("/clusters")
        await asyncio.to_thread(mortal_postgres.stop)
        try:
            await asyncio.sleep(0.6)
            served.clock.forward(20)
            document = await served.json("/status")
            changed = {key for key in document if document[key] != fresh[key]}
            assert changed == {"degraded", "degraded_reason", "age_seconds"}
            assert "The store" in document["degraded_reason"]
            assert document["degraded"] is True
            served.clock.forward(71)
            document = await served.json("/status")
            assert (document["health_state"], document["last_known_state"]) == ("unknown", "critical")
            for path in ("/clusters", "/status/gates", "/status/services", "/status/signals"):
                rows = await served.json(path)
                assert {(row["degraded"], bool(row["degraded_reason"])) for row in rows} == {(True, True)}, path
            metrics = await _metrics(served)
            assert metrics["sre_copilot_degraded", ()] == 1.0
            assert metrics["sre_copilot_store_connected", ()] == 0.0
            assert metrics["sre_copilot_health_state", ("prod", "unknown")] == 1.0
            assert (await served.json("/health")) == {"status": "ok"}
            assert_problem(await served.get("/ready"), 503, "does not answer")
            assert_problem(await served.get("/status/timeline"), 503, "cannot be reached")
        finally:
            await asyncio.to_thread(mortal_postgres.start)
        async with asyncio.timeout(10):
            while (await served.json("/status"))["degraded"]:
                await asyncio.sleep(0.1)
        assert (await served.json("/ready")) == {"status": "ready"}

    with_api(database, scenario, deadline=1.0)


def test_a_store_that_hangs_costs_half_a_second_at_most(mortal_postgres: Postgres):
    database = mortal_postgres.database()

    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        await served.json("/status")
        await asyncio.sleep(0.6)
        with mortal_postgres.frozen():
            for _ in range(5):
                began = time.monotonic()
                document = await served.json("/status")
                assert time.monotonic() - began < 0.8, "twice the patience, and room for a busy machine"
                assert document["degraded"] is True

    with_api(database, scenario, deadline=1.0)


def test_a_store_that_never_answered_is_a_problem_and_no_state(mortal_postgres: Postgres):
    database = mortal_postgres.database()

    async def scenario(served: Served) -> None:
        await asyncio.to_thread(mortal_postgres.stop)
        try:
            for path in ("/status", "/status/gates", "/clusters"):
                response = await served.get(path)
                assert_problem(response, 503, "The store (database test_")
                assert response.headers["retry-after"]
            metrics = await _metrics(served)
            assert metrics["sre_copilot_store_connected", ()] == 0.0
            assert not any(name == "sre_copilot_health_state" for name, _ in metrics)
        finally:
            await asyncio.to_thread(mortal_postgres.start)

    with_api(database, scenario, deadline=0.5)


LABELS = (
    *("cluster", "signal", "gate", "category", "service", "level", "unit", "reason", "outcome", "cause"),
    *("pattern", "plugin", "where", "route", "status", "le", "sre_copilot_health_state"),
)
"""In the order in which tests name their values."""


async def _metrics(served: Served) -> dict[tuple[str, tuple[str, ...]], float]:
    response = await served.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = sorted(sample.labels, key=LABELS.index)
            key = (sample.name, tuple(sample.labels[label] for label in labels))
            assert key not in found, "a series appears once"
            found[key] = sample.value
    return found


def test_answers_are_about_now_and_nobody_keeps_them(database: str):
    async def scenario(served: Served) -> None:
        for path in ("/status", "/status/gates", "/clusters", "/health", "/ready", "/metrics"):
            response = await served.get(path)
            assert response.headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in response.headers
            assert "server" not in response.headers
            assert (await served.get(path + "/")).status_code == 200

    with_api(database, scenario)


def test_answers_come_at_once(database: str):
    """A small answer must not wait for an acknowledgement, which takes 40 ms."""

    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        took = []
        for _ in range(20):
            began = time.perf_counter()
            await served.json("/status")
            took.append(time.perf_counter() - began)
        # One of many that did not wait is enough: the machine may be busy, an acknowledgement always is.
        assert min(took) < 0.03

    with_api(database, scenario)
