"""``sre-copilot explain state`` as a person runs it, and what ``status`` says beside it."""

from __future__ import annotations

import asyncio
import json

import pytest

from sre_copilot.cli.main import run
from sre_copilot.store import Store
from tests.assessment_fakes import CRITICAL, HAPPY
from tests.integration.served import Served, serving


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is folded."""
    monkeypatch.setenv("COLUMNS", "400")


def with_api(database, scenario):
    async def work():
        async with serving(database) as served:
            await scenario(served)

    asyncio.run(work())


async def command(*arguments: str) -> int:
    return await asyncio.to_thread(run, arguments)


def test_a_state_is_explained_in_every_medium(database, capsys):
    async def scenario(served: Served) -> None:
        await served.store.record(CRITICAL)
        served.clock.now = CRITICAL[-1][1].observed_at.add(seconds=5)
        for medium, expected in (
            ("text", "Workers are blocked."),
            ("markdown", "Workers are blocked."),
            ("html", "Workers are blocked."),
        ):
            assert await command("explain", "state", "--format", medium, "--api", served.server.url) == 0
            assert expected in capsys.readouterr().out
        assert await command("explain", "state", "--format", "json", "--api", served.server.url) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["title"] == "test is critical: no workers"
        assert await command("explain", "state", "--format", "telex", "--api", served.server.url) == 2
        assert "'telex' is no renderer" in capsys.readouterr().err

    with_api(database, scenario)


def test_an_old_explanation_says_that_it_is_old(database, capsys):
    async def scenario(served: Served) -> None:
        await served.store.record(CRITICAL)
        served.clock.now = CRITICAL[-1][1].observed_at.add(hours=1)
        assert await command("explain", "state", "--api", served.server.url) == 0
        assert "test is unknown now; 60 min ago: test is critical: no workers" in capsys.readouterr().out

    with_api(database, scenario)


def test_nothing_observed_is_a_sentence(database, capsys):
    async def scenario(served: Served) -> None:
        await served.store.register_cluster("prod", 30)
        assert await command("explain", "state", "--api", served.server.url) == 2
        assert "there is nothing to explain about prod yet" in capsys.readouterr().err

    with_api(database, scenario)


def test_any_instant_is_explained_from_the_database(database, capsys, monkeypatch, tmp_path):
    async def fill() -> None:
        async with await Store.open(database) as store:
            await store.migrate()
            await store.record(CRITICAL)

    asyncio.run(fill())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRE_COPILOT_COPILOT_DATABASE_URL", database)
    second = CRITICAL[1][1].observed_at.add(seconds=3).format_iso()
    assert run(["explain", "state", "--cluster", "test", "--at", second]) == 0
    assert "test is happy" in capsys.readouterr().out
    assert run(["explain", "state", "--cluster", "test", "--at", "yesterday"]) == 2
    assert "'yesterday' is no instant" in capsys.readouterr().err
    assert run(["explain", "state", "--cluster", "test", "--at", "2001-01-01T00:00:00Z"]) == 2
    assert "nothing is known of test" in capsys.readouterr().err
    assert run(["explain", "state", "--at", second]) == 2
    assert "--cluster" in capsys.readouterr().err


def test_status_tells_the_story_of_trouble(database, capsys):
    async def scenario(served: Served) -> None:
        await served.store.record(CRITICAL)
        served.clock.now = CRITICAL[-1][1].observed_at.add(seconds=5)
        assert await command("status", "--api", served.server.url) == 0
        shown = capsys.readouterr().out
        assert "Who: Workers are blocked." in shown
        assert "What it means: Forward progress is lost" in shown
        assert "Do: Start workers for the task queue." in shown

    with_api(database, scenario)


def test_status_tells_no_story_where_all_is_well(database, capsys):
    async def scenario(served: Served) -> None:
        await served.store.record(HAPPY)
        served.clock.now = HAPPY[-1][1].observed_at.add(seconds=5)
        assert await command("status", "--api", served.server.url) == 0
        assert "Who:" not in capsys.readouterr().out

    with_api(database, scenario)
