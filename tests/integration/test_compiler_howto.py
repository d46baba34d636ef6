"""The how-to of compiling: every command in it does what it says, in the order in which a reader meets them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from sre_copilot.cli.main import run

HOWTO = Path(__file__).parent.parent.parent / "docs/how-to/compile.md"
PLUGINS = HOWTO.with_name("write-a-plugin.md")
COMMAND = re.compile(r"^    sre-copilot (.+)$", re.MULTILINE)


def test_every_command_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod.env").write_text("TEMPORAL_SQL_CONNECTION_TIMEOUT=20s\n")
    commands = COMMAND.findall(HOWTO.read_text())
    assert len(commands) > 10
    for command in commands:
        code = run(shlex.split(command))
        captured = capsys.readouterr()
        assert code == 0, f"{command}\n{captured.out}{captured.err}"
        assert captured.out


def test_every_file_in_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["compile", "mid-scale", "--out", "build/prod"]) == 0
    text = HOWTO.read_text()
    for path in re.findall(r"build/prod/([\w./*-]+)", text) + re.findall(r"^\| `([\w./]+)`", text, re.MULTILINE):
        assert (tmp_path / "build/prod" / path).exists(), path


def test_the_adapter_that_plugin_writers_are_shown_writes_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = PLUGINS.read_text()
    (shown,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "NomadAdapter" in block]
    (tmp_path / "nomad.py").write_text(shown)
    (command,) = [line for line in COMMAND.findall(text) if "--platform nomad" in line]
    assert run(shlex.split(command)) == 0
    written = json.loads((tmp_path / "build/prod/nomad/history.json").read_text())
    assert written["TEMPORAL_HISTORY_SHARDS"] == "512"
    assert not (tmp_path / "build/prod/helm").exists()
