"""``sre-copilot rules apply`` against workflows that run on a real server, as a person runs it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from sre_copilot.cli.main import run
from sre_copilot_local.environment import LocalEnvironment
from tests.integration.test_workflows_roles import said, up, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("rules-apply")]

SETTINGS = "".join(
    f"""
[clusters.{name}]
cycle = 1
temporal.address = "{{watched.address}}"
exposition.server = ["{{watched.metrics_url}}"]
"""
    for name in ("one", "two")
)
UNWATCHED = """
[clusters.three]
temporal.address = "127.0.0.1:1"
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    environment = LocalEnvironment(tmp_path_factory.mktemp("watched"))
    yield environment.start_temporal("watched", keep_data=False)
    environment.close()


@pytest.fixture
def folder(tmp_path, monkeypatch, watched):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "sre-copilot.toml").write_text(SETTINGS.format(watched=watched))
    return tmp_path


def status(folder, cluster):
    url = re.search(r"API: (\S+)", said(folder)).group(1)
    with urllib.request.urlopen(f"{url}?cluster={cluster}", timeout=5) as response:
        return json.load(response)


def deciding_with(folder, digest):
    """Once both clusters have decided with these rules: how often each had decided before."""
    found = [status(folder, name) for name in ("one", "two")]
    return all(each["ruleset"] and each["ruleset"].startswith(digest) for each in found) and found


def applied(capsys, *arguments):
    code = run(["rules", "apply", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_rules_are_adopted_by_every_cluster_and_told_where_they_cannot_be(folder, capsys):
    with up(folder) as running:
        (first,) = {each["ruleset"][:12] for each in wait_for(lambda: deciding_with(folder, ""))}

        code, out, err = applied(capsys)
        assert (code, err) == (0, "")
        assert out.splitlines() == [f"{name}: decides with {first} already." for name in ("one", "two")]

        code, out, err = applied(capsys, "--set", "matching.dispatch_ratio_stressed=0.8")
        assert (code, err) == (0, "")
        second = re.search(rf"one: {first} -> (\w{{12}}) from the next cycle on\.", out).group(1)
        assert f"two: {first} -> {second} from the next cycle on." in out
        assert "until a worker starts again" in out
        wait_for(lambda: deciding_with(folder, second))

        # What is wrong is refused before anybody hears of it, and the running rules stay.
        code, out, err = applied(capsys, "--set", "matching.dispatch_ratio_stressed=0.2")
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "plugin 'temporal', gate 'matching.dispatch_ratio_stressed'" in err
        at = {name: status(folder, name)["observed_at"] for name in ("one", "two")}
        later = wait_for(lambda: all(status(folder, name)["observed_at"] > at[name] for name in at))
        assert later
        assert deciding_with(folder, second)

        # A cluster that is in the settings and that nobody watches yet.
        settings = folder / "sre-copilot.toml"
        settings.write_text(settings.read_text() + UNWATCHED)
        code, out, err = applied(capsys)
        assert code == 1
        assert out.splitlines() == [f"{name}: {second} -> {first} from the next cycle on." for name in ("one", "two")]
        assert err == (
            "sre-copilot: cluster three was not reached: no workflow watches it;"
            " start sre-copilot worker or up with its settings\n"
        )
        wait_for(lambda: deciding_with(folder, first))

        url = re.search(r"API: (http://[^/\s]+)", said(folder)).group(1)
        for cluster in ("one", "two"):
            assert run(["timeline", "--cluster", cluster, "--since", "10m", "--api", url]) == 0
            timeline = capsys.readouterr().out
            assert f"New rules {second}." in timeline
            assert f"New rules {first}." in timeline

        assert "Traceback" not in said(folder)

        # Whoever watches has stopped answering, the server has not. The program says so and ends as programs do.
        settings.write_text(settings.read_text().partition("[clusters.two]")[0])
        running.send_signal(signal.SIGSTOP)
        try:
            stuck = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "sre_copilot",
                    "rules",
                    "apply",
                    "--set",
                    "matching.dispatch_ratio_stressed=0.8",
                ],
                capture_output=True,
                text=True,
                timeout=60,
            )
        finally:
            running.send_signal(signal.SIGCONT)
        assert stuck.stderr == (
            "sre-copilot: cluster one was not reached: its workflow does not answer;"
            " is sre-copilot worker or up running?\n"
        )
        assert (stuck.returncode, stuck.stdout) == (1, "")

        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0, said(folder)

    # The decisions of both rulesets can be computed again, and the boundary between them is one cycle.
    assert run(["verify", "--json"]) == 0
    verified = json.loads(capsys.readouterr().out)
    assert verified["equal"] is True
    assert {digest[:12] for digest in verified["rulesets"]} == {first, second}
