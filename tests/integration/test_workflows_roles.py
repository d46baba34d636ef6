"""``sre-copilot worker`` and ``sre-copilot up`` as people and service managers run them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from sre_copilot.cli.main import run
from sre_copilot_local.environment import LocalEnvironment

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-roles")]

CLUSTER = """
[clusters.prod]
cycle = 2
temporal.address = "{watched.address}"
exposition.server = ["{watched.metrics_url}"]
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    environment = LocalEnvironment(tmp_path_factory.mktemp("watched"))
    yield environment.start_temporal("watched", keep_data=False)
    environment.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *arguments):
    code = run(arguments)
    return code, capsys.readouterr().err.strip()


@pytest.mark.parametrize("command", ["up", "worker"])
def test_without_clusters_it_says_what_to_write(folder, capsys, command):
    code, says = refused(capsys, command)
    assert code == 2
    assert says.count("\n") == 0
    assert "sre-copilot.toml" in says
    assert "[clusters.prod]" in says


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ("", "copilot.temporal.address"),
        ('[copilot]\ntemporal.address = "127.0.0.1:1"\n', "copilot.database_url"),
    ],
)
def test_a_worker_says_which_server_it_lacks(folder, capsys, settings, missing):
    (folder / "sre-copilot.toml").write_text(f'{settings}\n[clusters.prod]\ntemporal.address = "a:1"\n')
    code, says = refused(capsys, "worker")
    assert (code, says.count("\n")) == (2, 0)
    assert f"{missing} is not set" in says


def test_a_worker_whose_server_is_away_says_so(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    (folder / "sre-copilot.toml").write_text(
        f'[copilot]\ndatabase_url = "postgresql://127.0.0.1:{port}/none"\n'
        f'temporal.address = "127.0.0.1:{port}"\n[clusters.prod]\ntemporal.address = "a:1"\n'
    )
    ended = subprocess.run(
        [sys.executable, "-m", "sre_copilot", "worker"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert f"127.0.0.1:{port} does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr


@contextlib.contextmanager
def up(folder):
    output = (folder / "output").open("w")
    running = subprocess.Popen(
        [sys.executable, "-m", "sre_copilot", "up", "--port", "0"],
        cwd=folder,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield running
    finally:
        for process in (*psutil.Process(running.pid).children(), running) if running.poll() is None else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        running.wait()


def said(folder):
    return (folder / "output").read_text()


def wait_for(found, within=45):
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            answer = found()
            if answer:
                return answer
        time.sleep(0.1)
    raise TimeoutError


def decided(folder, after=""):
    """The status over the API, once something was decided later than ``after``."""
    url = re.search(r"API: (\S+)", said(folder)).group(1)
    with urllib.request.urlopen(url, timeout=5) as response:
        status = json.load(response)
    return status if (status["observed_at"] or "") > after else None


def test_up_watches_and_leaves_nothing_behind_and_goes_on_where_it_was(folder, watched):
    (folder / "sre-copilot.toml").write_text(CLUSTER.format(watched=watched))
    with up(folder) as running:
        first = wait_for(lambda: decided(folder))
        children = psutil.Process(running.pid).children(recursive=True)
        assert len(children) >= 2
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0, said(folder)
    _, left = psutil.wait_procs(children, timeout=5)
    assert left == []
    assert "Traceback" not in said(folder)

    with up(folder) as running:
        second = wait_for(lambda: decided(folder, first["observed_at"]))
        assert second["cluster"] == first["cluster"] == "prod"
        if second["health_state"] == first["health_state"]:
            assert second["since"] == first["since"]
        # The server it runs on is lost.
        server = next(child for child in psutil.Process(running.pid).children() if "start-dev" in child.cmdline())
        server.kill()
        assert running.wait(40) == 1
    assert said(folder).rstrip().splitlines()[-1].startswith("sre-copilot: The embedded Temporal server ended")
    assert "Traceback" not in said(folder)
