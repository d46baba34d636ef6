"""The plugins that writers are shown are loaded as they are shown, and do what is said of them."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest
from whenever import Instant, TimeDelta

from sre_copilot.cli.main import run
from sre_copilot_hookspecs import Reading, Sample, Window

HOWTO = Path(__file__).parent.parent.parent / "docs/how-to/write-a-plugin.md"
START = Instant.from_utc(2026, 1, 1)


def shown(word: str) -> str:
    (found,) = [block for block in re.findall(r"```python\n(.*?)```", HOWTO.read_text(), re.DOTALL) if word in block]
    return found


@pytest.mark.parametrize(
    ("name", "word", "says"),
    [
        ("payments", "payments.pending_age", "fires     payments.pending_age above 2 min"),
        ("ledger", "RetryStorm", "ledger.retry_storm 5.0/s (twice our busiest hour)"),
    ],
)
def test_a_shown_plugin_becomes_part_of_the_rules(
    name: str, word: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{name}.py").write_text(shown(word))
    assert run(["-p", f"./{name}.py", "rules", "show", "--band", "starter"]) == 0
    assert says in capsys.readouterr().out


def test_the_commands_for_the_shown_evaluator_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ledger.py").write_text(shown("RetryStorm"))
    (command,) = re.findall(r"^    sre-copilot (.+ledger.+)$", HOWTO.read_text(), re.MULTILINE)
    assert run(shlex.split(command)) == 0
    (tmp_path / "sre-copilot.toml").write_text('plugins = ["./ledger.py"]\n[thresholds]\n"ledger.retry_storm" = 8\n')
    capsys.readouterr()
    assert run(["rules", "show"]) == 0
    assert "ledger.retry_storm 8.0/s" in capsys.readouterr().out


def test_the_shown_evaluator_asks_the_window_for_its_number(tmp_path: Path) -> None:
    (tmp_path / "ledger.py").write_text(shown("RetryStorm"))
    evaluator: Any = runpy.run_path(str(tmp_path / "ledger.py"))["RetryStorm"]()

    def found(values: list[float], **limits: float) -> list[str]:
        readings = tuple(
            Reading(START + TimeDelta(seconds=30 * cycle), "test", {"ledger.retries": Sample(value)})
            for cycle, value in enumerate(values)
        )
        named = {key.replace("__", "."): value for key, value in limits.items()}
        return [finding.key for finding in evaluator.evaluate(Window(readings, named)).found]

    assert found([9, 9]) == ["ledger.retry_storm"]
    assert found([1, 9]) == found([9]) == found([9, 9], ledger__retry_storm=10) == []
