"""``sre-copilot kb`` as a person runs it: a process of its own, guides in folders, and a knowledge base over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sre_copilot.cli.main import run as run_here
from sre_copilot_runbooks.library import GUIDES
from tests.bedrock_fake import BASE, BUCKET, SOURCE, FakeBedrock, fake_bedrock

COMMAND = Path(sys.executable).with_name("sre-copilot")
GUIDE_FILES = len(list(GUIDES.glob("*.md")))
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with fake_bedrock() as fake:
        yield fake


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command in a folder of its own, with credentials of nobody."""
    own = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-ours",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "COLUMNS": "200",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SRE_COPILOT_"))}

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env={**kept, **own, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        assert "a-secret-of-ours" not in ran.stdout + ran.stderr
        return ran

    return command


def settings(folder: Path, text: str) -> None:
    (folder / "sre-copilot.toml").write_text(text, encoding="utf-8")


def test_guides_of_ones_own_are_found_beside_the_built_in_ones(tmp_path: Path, run: Run) -> None:
    (tmp_path / "wiki").mkdir()
    (tmp_path / "wiki" / "ledger.md").write_text("# Ledger\n\n## Stuck bookings\n\nAsk the ledger team.\n")
    (tmp_path / "wiki" / "picture.md").write_bytes(b"\xff\xd8\xff")
    settings(tmp_path, '[runbooks]\nfolders = ["wiki"]\n')

    (own,) = json.loads(run("kb", "search", "stuck bookings in the ledger", "--limit", "1", "--json").stdout)
    assert (own["source"], own["heading"]) == ("wiki/ledger.md", "Ledger › Stuck bookings")
    assert (own["anchor"], own["retriever"]) == ("stuck-bookings", "runbooks")
    shown = run("kb", "search", "work is added and nobody takes it", "--limit", "1").stdout
    assert shown.startswith("1. No workers")
    assert "(guides/no-workers.md#" in shown

    listed = run("kb", "sync")
    assert listed.returncode == 1
    assert listed.stdout.count("✓") == GUIDE_FILES + 1
    (unreadable,) = [line for line in listed.stdout.splitlines() if line.startswith("✗")]
    assert "picture.md cannot be read" in unreadable
    (job,) = json.loads(run("kb", "list-jobs", "--json").stdout)
    assert job["status"] == "COMPLETE"
    assert job["counts"]["files"] == GUIDE_FILES + 1


def test_what_is_asked_wrongly_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path, "[runbooks]\nbuilt_in = false\n")
    monkeypatch.chdir(tmp_path)
    assert run_here(("kb", "search", "anything")) == 1
    assert "Nothing fits" in capsys.readouterr().out
    for arguments, words in (
        (("kb", "sync"), "No retriever takes in documents"),
        (("kb", "search", "x", "--limit", "0"), "--limit 0 is out of range"),
        (("kb", "list-jobs", "--limit", "101"), "--limit 101 is out of range"),
    ):
        assert run_here(arguments) == 2, arguments
        said = capsys.readouterr().err
        assert words in said
        assert len(said.splitlines()) == 1
    settings(tmp_path, f'[bedrock]\nknowledge_base = "{BASE}"\n')
    assert run_here(("kb", "sync")) == 2
    assert "name one with --of: bedrock, runbooks" in capsys.readouterr().err


def test_guides_go_to_bedrock_and_are_found_there(tmp_path: Path, run: Run, bedrock: FakeBedrock) -> None:
    settings(
        tmp_path,
        f'[aws]\nregion = "eu-west-1"\n[bedrock]\nknowledge_base = "{BASE}"\ndata_source = "{SOURCE}"\n'
        f'bucket = "{BUCKET}"\nprefix = "copilot"\n',
    )

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run("kb", *arguments, AWS_ENDPOINT_URL=bedrock.url)

    copied = ask("sync", "--of", "bedrock")
    assert (copied.returncode, copied.stdout.count("✓")) == (0, GUIDE_FILES), copied.stderr
    text = (GUIDES / "no-workers.md").read_text(encoding="utf-8")
    assert bedrock.objects["copilot/guides/no-workers.md"] == text

    begun = ask("start-ingestion", "--of", "bedrock")
    assert begun.stdout.startswith("JOB0000000  IN_PROGRESS  2026-03-01T12:00:00Z")
    again = ask("start-ingestion", "--of", "bedrock")
    assert (again.returncode, "under way already" in again.stderr) == (2, True)
    bedrock.finish()
    (job,) = json.loads(ask("status", "JOB0000000", "--of", "bedrock", "--json").stdout)
    assert (job["status"], job["counts"]["documents"]) == ("COMPLETE", GUIDE_FILES)
    unknown = ask("status", "JOB0000001", "--of", "bedrock")
    assert (unknown.returncode, "JOB0000000" in unknown.stderr) == (2, True)

    found = json.loads(ask("search", "no worker polls the task queue", "--json").stdout)
    assert "bedrock" in {passage["retriever"] for passage in found}
    assert {passage["source"].split("/")[0] for passage in found} == {"guides"}


def test_a_knowledge_base_that_does_not_answer_takes_nothing_away(
    tmp_path: Path, run: Run, bedrock: FakeBedrock
) -> None:
    settings(tmp_path, f'[aws]\nregion = "eu-west-1"\n[bedrock]\nknowledge_base = "{BASE}"\n')
    bedrock.throttles = True
    found = run("kb", "search", "nobody takes the work that is added", AWS_ENDPOINT_URL=bedrock.url)
    assert found.returncode == 0
    assert "guides/no-workers.md" in found.stdout
    assert "Retriever bedrock found nothing: AWS is asked too often" in found.stderr
