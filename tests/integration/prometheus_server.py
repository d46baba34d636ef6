"""A real Prometheus for tests, and targets for it to scrape, all on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs
import pytest

_READY_WITHIN = 30.0


@attrs.frozen
class Job:
    """Targets that are scraped under one name."""

    name: str
    targets: Sequence[str]
    """host:port of each."""


@attrs.frozen
class PrometheusServer:
    """A running Prometheus."""

    url: str

    def get(self, path: str, **fields: str) -> Any:
        """The ``data`` of an answer of the HTTP API."""
        body = urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=body)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.code}: {error.read().decode()}") from error

    def instant(self, query: str, at: float | None = None) -> list[tuple[dict[str, str], float]]:
        """Labels and value of every series of an instant query, at that second or now."""
        when = {} if at is None else {"time": f"{at:.3f}"}
        found = self.get("query", query=query, **when)
        assert found["resultType"] == "vector", found
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    def until(self, query: str, within: float = 30.0) -> None:
        """Wait until a query yields something."""
        ends = time.monotonic() + within
        while not self.instant(query):
            assert time.monotonic() < ends, f"nothing for {query} within {within} s"
            time.sleep(0.2)


def binary(name: str = "prometheus") -> str:
    """The program, or the end of the test: skipped by a developer without it, failed in CI."""
    found = shutil.which(name)
    if found:
        return found
    if not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed; on Debian: apt-get install {name}")
    pytest.fail(f"{name} is not installed; on Debian: apt-get install {name}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def prometheus_server(folder: Path, jobs: Sequence[Job], *, interval: str = "1s") -> Iterator[PrometheusServer]:
    """A Prometheus that scrapes these jobs, with its data below ``folder``."""
    config = _config(folder, jobs, interval)
    port = free_port()
    command = [
        binary(),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with _running(folder, command, f"http://127.0.0.1:{port}", "/-/ready") as server:
        yield server


@contextmanager
def victoria_server(folder: Path, jobs: Sequence[Job], *, interval: str = "1s") -> Iterator[PrometheusServer]:
    """A VictoriaMetrics that scrapes these jobs, with its data below ``folder``."""
    config = _config(folder, jobs, interval)
    port = free_port()
    command = [
        binary("victoria-metrics"),
        f"-promscrape.config={config}",
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        # By default it answers with what was so half a minute ago.
        "-search.latencyOffset=1s",
        "-loggerLevel=WARN",
    ]
    with _running(folder, command, f"http://127.0.0.1:{port}", "/health") as server:
        yield server


def _config(folder: Path, jobs: Sequence[Job], interval: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval},
        "scrape_configs": [{"job_name": job.name, "static_configs": [{"targets": list(job.targets)}]} for job in jobs],
    }
    # JSON is YAML.
    (folder / "scrapes.yml").write_text(json.dumps(config))
    return folder / "scrapes.yml"


@contextmanager
def _running(folder: Path, command: Sequence[str], url: str, ready: str) -> Iterator[PrometheusServer]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _await_ready(process, url + ready, folder / "log")
            yield PrometheusServer(url)
        finally:
            process.terminate()
            process.wait(20)


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    ends = time.monotonic() + _READY_WITHIN
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the server was not ready within {_READY_WITHIN:g} s: {log.read_text()}")


@contextmanager
def exposing(texts: Mapping[str, Callable[[], str | None]]) -> Iterator[Mapping[str, str]]:
    """A target for every name; yields their addresses. A text of ``None`` is an error of the target."""
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), _handler(text)) for name, text in texts.items()}
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers.values()]
    for thread in threads:
        thread.start()
    try:
        yield {name: f"127.0.0.1:{server.server_address[1]}" for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


def _handler(text: Callable[[], str | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = text()
            self.send_response(503 if found is None else 200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write((found or "").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
            pass

    return Handler
