"""What a person and a program are told about the rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.rules import BUILTIN
from tests.unit.test_rules_refused import run


def test_rules_are_shown_with_digest_gates_and_one_bands_numbers(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "rules", "show", "--json", "--band", "mid-scale").stdout)
    assert len(document["digest"]) == 64
    assert {gate["key"] for gate in document["gates"]} >= {gate.key for gate in BUILTIN.gates}
    age = next(gate for gate in document["gates"] if gate["key"] == "matching.backlog_age_critical")
    number = next(each for each in BUILTIN.thresholds if each.key == "matching.backlog_age_critical")
    assert age["threshold_value"] == number.mid_scale
    wrong = run(tmp_path, "rules", "show", "--band", "midscale")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean 'mid-scale'?" in wrong.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_rules_fit_the_terminal_and_say_numbers_with_the_names_to_change_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    told = run(tmp_path, "rules", "show").stdout
    assert max(map(len, told.splitlines())) <= columns
    words = " ".join(told.split())
    # A multiple of what is usual is no percentage, and a condition is said the way round in which it holds.
    assert "fires persistence.latency_p95 above 5 times its usual value" in words
    assert "only if demand.tasks_added above 0.2/s (demand.some_tasks)" in words
    assert "rests while the cluster is system-busy" in words
    shown = set(words.replace("(", " ").replace(")", " ").replace(",", " ").split())
    assert shown >= {threshold.key for threshold in BUILTIN.thresholds}
    assert shown >= {gate.key for gate in BUILTIN.gates}


def test_a_difference_between_lists_says_what_is_new_and_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    whole = json.loads(run(tmp_path, "rules", "show", "--json").stdout)
    gate = next(each for each in whole["gates"] if each["key"] == "persistence.latency_rise_stressed")
    gate["when"] = gate["when"][:1]
    cause = next(each for each in whole["causes"] if each["key"] == "deploy_churn")
    cause["supports"] = ["temporal.services_restarted", "frontend.throttling"]
    (tmp_path / "other.json").write_text(json.dumps(whole))
    told = run(tmp_path, "rules", "diff", "other.json", "current").stdout
    assert max(map(len, told.splitlines())) <= 80
    words = " ".join(told.split())
    assert "when: with persistence.latency_p95 above persistence.latency_p95_noticeable" in words
    assert "supports: without frontend.throttling supports: with history.shard_churn_stressed" in words
    assert "{" not in words
