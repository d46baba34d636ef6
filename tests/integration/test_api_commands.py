"""The commands that ask a running API, as a person runs them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from whenever import Instant, TimeDelta

from sre_copilot.api.client import ApiClient, ApiRefused, ApiUnreachable
from sre_copilot.cli.main import run
from sre_copilot.store import Store
from tests.integration.decided import CRITICAL, at, history, recorded
from tests.integration.served import Served, serving


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is folded."""
    monkeypatch.setenv("COLUMNS", "200")


async def command(*arguments: str) -> int:
    """Run a command in a thread, beside the API it asks."""
    return await asyncio.to_thread(run, arguments)


def test_json_is_exactly_what_status_returns(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        for seconds in (10, 100):
            served.clock.forward(seconds)
            expected = (await served.get("/status")).text
            for arguments in ([], ["--cluster", "prod"]):
                assert await command("status", "--json", "--api", served.server.url, *arguments) == 0
                assert capsys.readouterr().out == expected + "\n"
        expected = await served.json("/status/timeline", start="2026-03-01T11:00:00Z")
        arguments = ("--json", "--api", served.server.url, "--since", "2026-03-01T11:00:00Z")
        assert await command("timeline", *arguments) == 0
        assert json.loads(capsys.readouterr().out) == expected

    with_api(database, scenario)


def test_status_says_state_cause_gates_and_signals(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        served.clock.forward(12)
        assert await command("status", "--api", served.server.url) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "prod is critical since 2026-03-01 12:00:00 UTC"
        shown = "\n".join(lines)
        assert "Cause: no workers." in shown
        assert "Observed 12 s ago, visibility 75%, confidence 90%" in shown
        assert "Nobody polls." in shown
        assert "History is quick." not in shown, "what is well is only counted"
        assert "missing: warming up" in shown
        assert "Do: Start a worker. (scale, low risk)" in shown
        assert await command("status", "--all", "--api", served.server.url) == 0
        shown = capsys.readouterr().out
        assert shown.index("Nobody polls.") < shown.index("History is quick."), "what fired comes first"

        served.clock.forward(600)
        assert await command("status", "--api", served.server.url) == 0
        shown = capsys.readouterr().out
        assert "prod is unknown since 2026-03-01 12:01:30 UTC; last known: critical" in shown
        assert "Not observed for 10 min." in shown

    with_api(database, scenario)


def test_signals_are_those_of_the_newest_reading(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        await served.store.record([recorded(0, CRITICAL)])
        served.clock.forward(12)
        status = await served.json("/status")
        rows = {row["key"]: row for row in (*status["primary_signals"], *status["amplifiers"])}
        assert await command("signals", "--json", "--api", served.server.url) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["cluster"], document["from"], document["observed_at"]) == (
            "prod",
            "api",
            status["observed_at"],
        )
        shown = {row["key"]: row for row in document["signals"]}
        assert {key: row["value"] for key, row in shown.items()} == {key: row["value"] for key, row in rows.items()}
        assert await command("signals", "--api", served.server.url) == 0
        table = capsys.readouterr().out
        assert all(key in table for key in rows)
        assert "missing: warming up" in table

    with_api(database, scenario)


def test_several_clusters_are_a_table(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        await served.store.record(history("h", "eu") + history("c", "us"))
        assert await command("status", "--api", served.server.url) == 0
        rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
        assert rows[1:] == [["eu", "happy"], ["us", "critical"]]
        assert await command("status", "--json", "--api", served.server.url) == 2
        assert capsys.readouterr().err.startswith("sre-copilot: cluster: Several are watched. Give one of eu, us.")
        assert await command("status", "--cluster", "mars", "--api", served.server.url) == 2
        assert "There is no cluster 'mars'; known are eu, us." in capsys.readouterr().err

    with_api(database, scenario)


def test_before_anything_is_observed_status_says_so(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        assert await command("status", "--api", served.server.url) == 0
        assert "No cluster is watched yet." in capsys.readouterr().out

    with_api(database, scenario)


def test_a_timeline_is_a_strip_and_its_changes(database: str, capsys: pytest.CaptureFixture[str]):
    async def scenario(served: Served) -> None:
        await served.store.record(history("hhhsss........cch"))
        served.clock.now = at(17)
        assert await command("timeline", "--api", served.server.url, "--since", "2026-03-01T12:00:00Z") == 0
        lines = capsys.readouterr().out.splitlines()
        assert "".join(dict.fromkeys(lines[1])) == "▁▄·█"
        assert [line.split()[3] for line in lines[3:]] == ["happy", "stressed", "unknown", "critical", "happy"]

    with_api(database, scenario)


@pytest.mark.parametrize("since", ["soon", "", "-1h", "99999999999999d", "1y", "\n"])
def test_a_bad_span_is_one_sentence(since: str, capsys: pytest.CaptureFixture[str]):
    assert run(["timeline", f"--since={since}", "--api", "http://127.0.0.1:1"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "30m, 6h or 7d" in said


@pytest.mark.parametrize("name", ["status", "timeline"])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://no.such.host.invalid", "file:///etc/passwd", "nonsense", "http://[", ""]
)
def test_an_api_that_does_not_answer_is_one_sentence(name: str, url: str, capsys: pytest.CaptureFixture[str]):
    assert run([name, "--api", url]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("sre-copilot: ")
    assert shown.err.count("\n") == 1


@contextmanager
def stranger(status: int, body: bytes) -> Iterator[str]:
    """Some other web server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>hello"), (200, b"[1]"), (500, b"oops"), (404, b"{}"), (200, b"\xff")]
)
def test_another_server_is_not_mistaken_for_the_api(status: int, body: bytes):
    with stranger(status, body) as url, pytest.raises(ApiUnreachable, match="is not the copilot's API"):
        ApiClient(url).document("/status")


def test_a_problem_is_its_sentence_and_proxies_are_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with (
        stranger(503, b'{"title": "No", "detail": "Because."}') as url,
        pytest.raises(ApiRefused, match=r"^Because\.$"),
    ):
        ApiClient(url).document("/status")


def test_the_api_command_serves_until_it_is_told_to_stop(database: str, tmp_path: Path):
    now = Instant.now() - TimeDelta(seconds=1)

    async def prepare() -> None:
        async with await Store.open(database) as store:
            await store.migrate()
            await store.record([recorded(instant=now)])

    asyncio.run(prepare())
    environment = {**os.environ, "SRE_COPILOT_COPILOT_DATABASE_URL": database, "COLUMNS": "200"}
    program = [sys.executable, "-c", "from sre_copilot.cli.main import main; main()"]
    serving = subprocess.Popen(
        [*program, "api", "--port", "0"], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("Page: http://127.0.0.1:")
        line = serving.stdout.readline()
        assert line.startswith("API: http://127.0.0.1:")
        url = line.split()[1]
        with urllib.request.urlopen(url) as response:
            assert json.load(response)["health_state"] == "happy"
        second = [*program, "api", "--port", url.split(":")[2].split("/")[0]]
        refused = subprocess.run(second, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=30)
        assert refused.returncode == 2
        assert "another program does already" in refused.stderr
        began = time.monotonic()
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(10) == 0
        assert time.monotonic() - began < 5
    finally:
        serving.kill()
        serving.wait()
        assert serving.stdout is not None
        serving.stdout.close()


def with_api(database: str, scenario) -> None:
    async def started() -> None:
        async with serving(database) as served:
            await scenario(served)

    asyncio.run(started())
