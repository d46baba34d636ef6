"""``sre-copilot compile``, as far as folders and environments go."""

from __future__ import annotations

import json

import pytest

from sre_copilot.cli.main import run

PROD = [
    "compile",
    "high-throughput",
    "-m",
    "batch-processor",
    "--sdk",
    "all",
    "--platform",
    "all",
    "--out",
    "build/prod",
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder, and no variable that says anything about a deployment."""
    monkeypatch.chdir(tmp_path)
    for name in ("TEMPORAL_SQL_MAX_CONNS", "DSQL_RESERVOIR_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_run_writes_the_same_bytes(here):
    assert run(PROD) == 0
    first = content(here / "build/prod")
    assert run(PROD) == 0
    assert content(here / "build/prod") == first
    assert run([*PROD[:-1], "elsewhere/prod"]) == 0
    assert content(here / "elsewhere/prod") == first


@pytest.mark.parametrize(
    "wrong",
    [
        ["--set", "persistence.maxIdleConns=1"],
        ["--set", "history.shards=16"],
        ["--set", "nobody=1"],
        ["--platform", "nomad"],
        ["-m", "nothing"],
        ["--env-file", "missing.env"],
    ],
    ids=lambda wrong: wrong[-1],
)
def test_a_compilation_that_fails_leaves_the_old_output(here, capsys, wrong):
    assert run(PROD) == 0
    before = content(here)
    capsys.readouterr()
    modifier = [] if "-m" in wrong else ["-m", "batch-processor"]
    assert run(["compile", "high-throughput", *modifier, "--out", "build/prod", *wrong]) == 2
    assert content(here) == before
    assert capsys.readouterr().err.startswith("sre-copilot: ")


def test_variables_of_the_process_are_taken_over(here, monkeypatch, capsys):
    monkeypatch.setenv("TEMPORAL_SQL_MAX_CONNS", "20")
    monkeypatch.setenv("DSQL_RESERVOIR_ENABLED", "0")
    assert run(["compile", "--from-env", "--out", "prod"]) == 0
    said = capsys.readouterr().out
    assert "taken: TEMPORAL_SQL_MAX_CONNS in the environment sets persistence.maxConns to 20" in said
    assert "redundant: DSQL_RESERVOIR_ENABLED in the environment says false" in said
    profile = json.loads((here / "prod/profile.json").read_text())
    assert profile["preset"] == "starter"
    assert profile["values"]["safety"]["persistence.maxConns"]["value"] == 20
    assert profile["values"]["safety"]["persistence.maxIdleConns"]["value"] == 20


def test_a_folder_of_somebody_else_is_kept_with_force(here, capsys):
    (here / "prod").mkdir()
    (here / "prod/mine.txt").write_text("mine")
    assert run(["compile", "starter", "--out", "prod"]) == 2
    assert "prod holds what sre-copilot did not write (mine.txt)" in capsys.readouterr().err
    assert run(["compile", "starter", "--out", "prod", "--force"]) == 0
    assert (here / "prod.replaced-1/mine.txt").read_text() == "mine"
    assert "prod.replaced-1" in capsys.readouterr().out
