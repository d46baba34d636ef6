"""Configuration on the command line: every mistake told at once, exit code 2, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sre_copilot.cli.main import run


def sorted_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


WRONG = [
    ("compile mid-scal", "did you mean 'mid-scale'?"),
    ("compile mid-scale -m orchestratr", "did you mean 'orchestrator'?"),
    ("compile mid-scale --set persistence.maxConn=4", "did you mean 'persistence.maxConns'?"),
    ("compile mid-scale --set persistence.maxConns=ten", "a whole number from 1 to 500"),
    ("compile mid-scale --set persistence.maxConns=501", "out of range"),
    ("compile mid-scale --set persistence.maxConns", "KEY=VALUE"),
    ("compile mid-scale --set dsql.max_conn_lifetime=55", "a duration such as 30s"),
    ("compile mid-scale --set history.replicas=3 --set history.replicas=4", "set twice"),
    ("compile mid-scale --set dsql.max_conn_lifetime=90m", "DSQL closes connections after 60m"),
    ("compile mid-scale --sdk rust", "--sdk: there is no sdk 'rust'"),
    ("compile mid-scale --platform ec", "did you mean 'ecs'?"),
    ("compile mid-scale --name A_b", "lower-case letters"),
    ("compile mid-scale --env-file none.env", "none.env cannot be read"),
    ("compile", "compile needs a preset"),
    ("describe mid-scal", "did you mean 'mid-scale'?"),
    ("parameters --class slow", "did you mean 'slo'?"),
    ("explain persistence.maxCons", "did you mean 'persistence.maxConns'?"),
    ("explain mid-scale --format htm", "did you mean 'html'?"),
    ("explain none.json", "none.json cannot be read"),
    ("check foreign.json", "no config profile"),
    ("check broken.json", "is not JSON"),
    ("diff mid-scale mid-scal", "did you mean 'mid-scale'?"),
]


@pytest.mark.parametrize(("line", "says"), WRONG)
def test_bad_input_is_one_line_that_names_what_is_accepted(
    line: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "foreign.json").write_text("{}")
    (tmp_path / "broken.json").write_text("{")
    out = ["--out", "out"] if line.startswith("compile") else []
    assert run([*line.split(), *out]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert says in told
    assert not (tmp_path / "out").exists()


def test_everything_wrong_with_one_call_is_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    line = (
        "compile mid-scale -m x --set a --set persistence.maxConns=ten --set dsql.token_duration=1h --sdk rust --out o"
    )
    assert run(line.split()) == 2
    assert len(capsys.readouterr().err.splitlines()) == 5


def test_a_whole_deployment_is_written_checked_compared_and_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [
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
    assert run(line) == 0
    first = sorted_files(tmp_path / "build")
    assert run(line) == 0
    assert sorted_files(tmp_path / "build") == first
    profile = "build/prod/profile.json"
    assert run(["check", profile, "--strict"]) == 0
    assert run(["diff", "high-throughput", profile]) == 0
    capsys.readouterr()
    for subject in (profile, "mid-scale", "persistence.maxConns"):
        texts = []
        for _ in range(2):
            assert run(["explain", subject, "--format", "json"]) == 0
            texts.append(capsys.readouterr().out)
        assert texts[0] == texts[1]
        assert json.loads(texts[0])["paragraphs"]


def test_a_profile_that_was_changed_by_hand_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compile", "mid-scale", "--out", "o"]) == 0
    file = tmp_path / "o" / "profile.json"
    document = json.loads(file.read_text())
    document["values"]["safety"]["persistence.maxConns"]["value"] = 40
    file.write_text(json.dumps(document))
    capsys.readouterr()
    assert run(["check", str(file)]) == 2
    told = capsys.readouterr().out
    assert "error: max_idle_equals_max_conns" in told
    assert "lead to 50" in told
