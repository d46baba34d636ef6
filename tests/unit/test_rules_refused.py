"""What is wrong with rules is refused at load, with the plugin's and the key's name, and changes nothing."""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from pathlib import Path

import attrs
import pytest

from sre_copilot.cli.main import MOST_SENTENCES
from sre_copilot.cli.main import run as run_here
from sre_copilot.health.ruleset import Patience, SignalRule, Visibility
from sre_copilot.workflows.adoption import refuse_unusable
from sre_copilot_hookspecs import Category, Threshold
from tests.plugin_files import plugin_file
from tests.rules import BUILTIN


@attrs.frozen
class Ran:
    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str) -> Ran:
    """The program in this process, which is much quicker than a new one."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_here(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


AMPLIFIER = """
    @hookimpl
    def copilot_signals():
        return [Signal(key="payments.cpu", category="amplifier", service="payments", unit=Unit.RATIO,
                       asks="Busy?", probe="none")]

    @hookimpl
    def copilot_gates():
        return [Gate("payments.slow", "payments.cpu", Level.CRITICAL, Direction.ABOVE, "server.all_up", "Slow.",
                     recovery=0.5)]
"""
NOT_A_NUMBER = """
    @hookimpl
    def copilot_threshold_profiles():
        return [ThresholdProfile("payments", (Threshold.everywhere("payments.age", Unit.SECONDS, float("nan"),
                                                                   source="?"),))]
"""
TWIN_THRESHOLD = """
    @hookimpl
    def copilot_threshold_profiles():
        one = Threshold.everywhere("server.all_up", Unit.RATIO, 0.5, source="?")
        return [ThresholdProfile("payments", (one,))]
"""
TWIN_GATE = """
    @hookimpl
    def copilot_gates():
        return [Gate("matching.dispatch_ratio_critical", "matching.dispatch_ratio", Level.STRESSED,
                     Direction.BELOW, "server.all_up", "!")]
"""
OUT_OF_ORDER = """
    @hookimpl
    def copilot_signals():
        return [signal("payments.age")]

    @hookimpl
    def copilot_threshold_profiles():
        low = Threshold.everywhere("payments.low", Unit.SECONDS, 5, source="?")
        high = Threshold.everywhere("payments.high", Unit.SECONDS, 50, source="?")
        return [ThresholdProfile("payments", (low, high))]

    @hookimpl
    def copilot_gates():
        return [Gate("payments.stressed", "payments.age", Level.STRESSED, Direction.ABOVE, "payments.high", "!"),
                Gate("payments.critical", "payments.age", Level.CRITICAL, Direction.ABOVE, "payments.low", "!",
                     recovery=0.5)]
"""


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (AMPLIFIER, ["plugin 'payments'", "gate 'payments.slow'", "would lead to Critical", "'payments.cpu'"]),
        (NOT_A_NUMBER, ["plugin 'payments'", "threshold 'payments.age' is nan"]),
        (TWIN_THRESHOLD, ["'server.all_up'", "'temporal'", "'payments'"]),
        (TWIN_GATE, ["'matching.dispatch_ratio_critical'", "'temporal'", "'payments'"]),
        (OUT_OF_ORDER, ["plugin 'payments'", "gate 'payments.stressed'", "'payments.high'", "does not come before"]),
    ],
    ids=["amplifier", "nan", "two thresholds", "two gates", "order"],
)
def test_a_plugin_with_wrong_rules_is_named(tmp_path: Path, body: str, says: list[str]) -> None:
    plugin_file(tmp_path, "payments", "from sre_copilot_hookspecs import Direction\n" + textwrap.dedent(body))
    found = run(tmp_path, "-p", "./payments.py", "rules", "show")
    told = found.stderr
    assert "Traceback" not in told
    for part in says:
        assert part in told, told
    # A declaration that cannot even be made costs its plugin; one that contradicts others stops everything.
    if "nan" not in " ".join(says):
        assert found.returncode == 2
        assert found.stdout == ""


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("'matching.backlog_age_citical' = 900", "did you mean 'matching.backlog_age_critical'?"),
        ("'matching.backlog_age_stressed' = nan", "'matching.backlog_age_stressed' of plugin 'temporal': nan is not"),
        ("'matching.backlog_age_stressed' = 9000", "gate 'matching.backlog_age_stressed', band starter: "),
        (
            "'matching.backlog_age_stressed' = 1\n'matching.backlog_age_stressed' = 2",
            "value for 'matching.backlog_age_stressed'",
        ),
        ("'matching.backlog_age_stressed' = 1\nmatching.backlog_age_stressed = 2", "is given twice"),
        ("'matching.backlog_age_stressed' = 'soon'", "'soon', which is no number"),
    ],
)
def test_a_file_of_overrides_is_refused_by_file_and_key(tmp_path: Path, written: str, says: str) -> None:
    (tmp_path / "tried.toml").write_text(f"[thresholds]\n{written}\n")
    found = run(tmp_path, "rules", "diff", "current", "tried.toml")
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith("sre-copilot: tried.toml")
    assert says in found.stderr, found.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"thresholds": {"a.b": 1, "a.b": 2}}', "key 'a.b' is given twice"),
        ('{"treshholds": {}}', "did you mean 'thresholds'?"),
        ('{"patience": {"critical": -1}}', "patience.critical is -1"),
        ('{"band": "huge"}', "must be one of starter, mid-scale, high-throughput"),
        ("[]", "holds no table"),
        ('{"gates": [], "signals": 7}', "no ruleset that this version can read"),
    ],
)
def test_a_json_file_is_refused_by_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tried.json").write_text(text)
    found = run(tmp_path, "rules", "diff", "current", "tried.json")
    assert (found.returncode, found.stdout) == (2, "")
    assert says in found.stderr, found.stderr
    assert "Traceback" not in found.stderr


def test_a_whole_ruleset_in_a_file_is_checked_like_a_plugins(tmp_path: Path) -> None:
    shown = run(tmp_path, "rules", "show", "--json").stdout
    (tmp_path / "whole.json").write_text(shown)
    assert "There is no difference." in run(tmp_path, "rules", "diff", "current", "whole.json").stdout
    broken = shown.replace('"category": "primary"', '"category": "amplifier"')
    (tmp_path / "whole.json").write_text(broken)
    found = run(tmp_path, "rules", "diff", "current", "whole.json")
    assert found.returncode == 2
    assert "plugin 'whole.json', gate" in found.stderr
    assert "Only primary signals may" in found.stderr


def _with_category(rule: SignalRule) -> SignalRule:
    return attrs.evolve(rule, category=Category.AMPLIFIER) if rule.key == "matching.dispatch_ratio" else rule


def _without_order(threshold: Threshold) -> Threshold:
    if threshold.key != "matching.dispatch_ratio_stressed":
        return threshold
    return attrs.evolve(threshold, starter=0.2, mid_scale=0.2, high_throughput=0.2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"signals": tuple(map(_with_category, BUILTIN.signals))}, r"'matching\.dispatch_ratio' is in category ampli"),
        ({"thresholds": BUILTIN.thresholds[1:]}, "which no plugin declares"),
        ({"thresholds": tuple(map(_without_order, BUILTIN.thresholds))}, r"every band: .* does not come before"),
        ({"gates": (*BUILTIN.gates, BUILTIN.gates[0])}, "is there 2 times"),
        ({"gates": ()}, "no gates"),
        ({"patience": Patience(critical=0)}, r"patience\.critical is 0"),
        ({"patience": Patience(pressure=0)}, r"patience\.pressure is 0"),
        ({"visibility": Visibility(blind_below=0.0)}, r"visibility\.blind_below is 0"),
        ({"visibility": Visibility(stale_after=float("nan"))}, r"visibility\.stale_after is nan"),
    ],
    ids=["amplifier", "no threshold", "order", "twice", "empty", "debounce", "pressure", "blind", "stale"],
)
def test_a_running_workflow_refuses_what_the_command_line_refuses(changes: dict[str, object], says: str) -> None:
    refuse_unusable(BUILTIN)
    with pytest.raises(ValueError, match=says):
        refuse_unusable(attrs.evolve(BUILTIN, **changes))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[patience]\ncritical = 0", "patience.critical is 0; it must be 1 cycle or more"),
        ("[patience]\nblind = 0", "patience.blind is 0"),
        ("[visibility]\nblind_below = 0", "visibility.blind_below is 0; it must be a share"),
        ("[visibility]\nblind_below = 50", "visibility.blind_below is 50"),
        ("[visibility]\nstale_after = 0", "visibility.stale_after is 0"),
    ],
)
def test_patience_that_would_undo_the_debounce_is_refused(tmp_path: Path, written: str, says: str) -> None:
    (tmp_path / "tried.toml").write_text(written + "\n")
    found = run(tmp_path, "rules", "diff", "current", "tried.toml")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("sre-copilot: tried.toml: ")
    assert says in found.stderr


def test_one_mistake_is_told_in_one_sentence_and_many_are_not_all_told(tmp_path: Path) -> None:
    (tmp_path / "tried.toml").write_text("[thresholds]\n'matching.dispatch_ratio_critical' = 0.95\n")
    found = run(tmp_path, "rules", "diff", "current", "tried.toml")
    assert found.stderr.count("\n") == 1
    assert "every band: threshold 'matching.dispatch_ratio_stressed'" in found.stderr
    assert "(0.95, set by the operator)" in found.stderr
    whole = json.loads(run(tmp_path, "rules", "show", "--json").stdout)
    (tmp_path / "cut.json").write_text(json.dumps({**whole, "gates": whole["gates"][:3]}))
    many = run(tmp_path, "rules", "diff", "current", "cut.json").stderr.splitlines()
    assert len(many) == MOST_SENTENCES + 1
    assert many[-1].startswith("sre-copilot: and ")


def test_a_difference_names_thresholds_with_old_and_new_values(tmp_path: Path) -> None:
    (tmp_path / "tried.toml").write_text(
        "[thresholds]\n'matching.backlog_age_critical' = 900\n[patience]\ncritical = 5\n"
    )
    found = json.loads(run(tmp_path, "rules", "diff", "current", "tried.toml", "--json").stdout)
    assert found["first"] != found["second"]
    assert [(change["kind"], change["key"]) for change in found["changes"]] == [
        ("threshold", "matching.backlog_age_critical"),
        ("patience", "patience"),
    ]
    assert {"field": "critical", "first": 3, "second": 5} in found["changes"][1]["fields"]
    assert {"field": "starter", "first": 600.0, "second": 900.0} in found["changes"][0]["fields"]


def test_an_unknown_ruleset_suggests_the_nearest(tmp_path: Path) -> None:
    found = run(tmp_path, "rules", "diff", "curent", "current")
    assert (found.returncode, found.stderr) == (
        2,
        "sre-copilot: 'curent' is no ruleset and no file; did you mean 'current'?\n",
    )
