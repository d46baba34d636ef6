"""The program as a process: exit codes, one sentence for what is wrong, and what is not imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sre_copilot.cli.main import COMMANDS
from sre_copilot.cli.main import run as run_here
from sre_copilot.cli.options import GlobalOptions, split
from sre_copilot_hookspecs import CopilotError
from tests.plugin_files import plugin_file, run

HEAVY = ("temporalio", "asyncpg", "falcon", "httpx2", "rich", "cattrs", "asyncio", "msgspec", "uvicorn")


def test_options_stand_anywhere() -> None:
    wanted = GlobalOptions(("a", "no:b", "c"), Path("x.toml"), debug=True)
    arguments = ["-p", "a", "--config=x.toml", "settings", "-pno:b", "--json", "-p=c", "--debug", "--", "-p"]
    assert split(arguments) == (wanted, ["settings", "--json", "--", "-p"])
    assert split(wanted.arguments()) == (wanted, [])


@pytest.mark.parametrize("arguments", [["-p"], ["--config"], ["-p", "--json"]])
def test_an_option_needs_its_value(arguments: list[str]) -> None:
    with pytest.raises(CopilotError, match="needs"):
        split(arguments)


def test_settings_are_a_table_or_json(tmp_path: Path) -> None:
    (tmp_path / "sre-copilot.toml").write_text("[clusters.prod.temporal]\napi_key = 'hunter2-secret'\n")
    table = run(tmp_path, "settings", SRE_COPILOT_API_PORT="9000")
    assert table.returncode == 0, table.stderr
    assert "api.port" in table.stdout
    assert "environment SRE_COPILOT_API_PORT" in table.stdout
    document = json.loads(run(tmp_path, "settings", "--json").stdout)
    assert document["file"] == "sre-copilot.toml"
    entries = {entry["key"]: entry for entry in document["settings"]}
    assert entries["api.port"] == {"key": "api.port", "value": 8080, "source": "default"}
    key = entries["clusters.prod.temporal.api_key"]
    assert (key["value"], key["source"]) == ("set, hidden", "sre-copilot.toml:2")
    assert "hunter2" not in table.stdout + json.dumps(document)


def test_another_file(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[api]\nport = 7\n")
    assert "other.toml:2" in run(tmp_path, "--config", "other.toml", "settings").stdout
    gone = run(tmp_path, "settings", "--config", "gone.toml")
    assert (gone.returncode, gone.stderr) == (2, "sre-copilot: there is no settings file gone.toml\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["setings"], "there is no command 'setings'; did you mean 'settings'?"),
        (["settings", "extra"], "unexpected 'extra'; see sre-copilot settings --help"),
        (
            ["settings", "--jsn"],
            "Unknown option: --jsn. Did you mean --json? See sre-copilot settings --help.",
        ),
        (["-p"], "-p needs a plugin: a name, a path to a .py file, or no:NAME"),
        (["-p", "./gone.py", "settings"], "-p ./gone.py: there is no such file"),
        (
            ["settings", "-p", "tempral"],
            "-p tempral: there is no such plugin or module; did you mean 'temporal'?",
        ),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"sre-copilot: {says}\n")


def test_every_wrong_setting_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "sre-copilot.toml").write_text("[api]\nprot = 1\n[copilot]\ncycle = 'x'\n")
    done = run(tmp_path, "settings")
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first == "sre-copilot: sre-copilot.toml:2: unknown key 'prot' in [api]; did you mean 'port'?"
    assert second.startswith("sre-copilot: copilot.cycle is 'x' (sre-copilot.toml:4); it must be a number")


def test_version_and_help(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout.strip()[0].isdigit()
    shown = run(tmp_path, "--help")
    assert shown.returncode == 0
    for name, _, _ in COMMANDS:
        assert name in shown.stdout
    assert "-p NAME" in shown.stdout
    assert "--config FILE" in shown.stdout


def test_plugins_are_listed_with_what_became_of_them(tmp_path: Path) -> None:
    plugin_file(tmp_path, "good", "@hookimpl\ndef copilot_signals(): return [signal('good.age')]")
    plugin_file(tmp_path, "bad", "@hookimpl\ndef copilot_gates(): return None")
    arguments = ("plugins", "-p", "./good.py", "-p", "./bad.py", "-p", "no:local")
    done = run(tmp_path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert found["good"]["declarations"] == {"copilot_signals": 1}
    assert (found["good"]["status"], found["good"]["origin"]) == ("ok", "file")
    assert found["bad"]["status"] == "failed"
    assert "plugin 'bad' (./bad.py), hook copilot_gates: returned nothing" in found["bad"]["reason"]
    assert found["local"]["status"] == "blocked"
    assert found["temporal"]["distribution"] == "sre-copilot-temporal"
    table = run(tmp_path, *arguments)
    assert "plugin 'bad' (./bad.py), hook copilot_gates: returned nothing; it must return" in table.stdout


def test_one_key_twice_stops_the_start(tmp_path: Path) -> None:
    for name in ("one", "two"):
        plugin_file(tmp_path, name, "@hookimpl\ndef copilot_signals(): return [signal('a.b')]")
    done = run(tmp_path, "-p", "./one.py", "-p", "./two.py", "plugins")
    assert done.returncode == 2
    assert "signal 'a.b' is declared by plugin 'one' (./one.py) and by plugin 'two' (./two.py)" in done.stderr


def test_a_failing_plugin_does_not_keep_settings_from_being_shown(tmp_path: Path) -> None:
    (tmp_path / "sre-copilot.toml").write_text("plugins = ['./bad.py']\n")
    plugin_file(tmp_path, "bad", "@hookimpl\ndef copilot_settings(): raise OSError('no disk')")
    done = run(tmp_path, "settings")
    assert done.returncode == 0
    assert done.stderr == (
        "sre-copilot: plugin 'bad' (./bad.py), hook copilot_settings: OSError: no disk (bad.py, line 18); left out\n"
    )


CHECKS = """
class Looking:
    key = "looking"
    def __init__(self, body): self.body = body
    async def run(self, settings):
        return self.body()

def fine(): return [CheckResult("disk", CheckOutcome.OK, "There is room.")]
def odd(): return [CheckResult("disk", CheckOutcome.WARNING, "postgresql://u:hunter2@h is nearly full.")]
def broken(): raise OSError("no disk")

@hookimpl
def copilot_checks(settings): return [Looking({})]
"""


QUIET = ("-p", "no:temporal", "-p", "no:runbooks")
"""Without the built-in plugins that always have something to tell."""


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("fine", 0, "ok       looking: disk: There is room."),
        ("odd", 0, "warning  looking: disk: postgresql://u:***@h is nearly full."),
        ("broken", 1, "failed   looking: looking: OSError: no disk (looking.py, line 26)"),
        ("list", 0, "No plugin has anything to check."),
        ("dict", 1, "failed   looking: looking: It returned dict instead of a list of CheckResult."),
    ],
)
def test_the_doctor_tells_what_checks_find(tmp_path: Path, body: str, code: int, line: str) -> None:
    plugin_file(tmp_path, "looking", CHECKS.replace("{}", body))
    done = run(tmp_path, "doctor", "-p", "./looking.py", *QUIET)
    assert done.returncode == code, done.stderr
    assert line in done.stdout


def test_the_doctor_names_failed_plugins_and_speaks_json(tmp_path: Path) -> None:
    plugin_file(tmp_path, "bad", "@hookimpl\ndef copilot_gates(): return None")
    done = run(tmp_path, "doctor", "--json", "-p", "./bad.py", *QUIET)
    (line,) = json.loads(done.stdout)
    assert done.returncode == 1
    assert (line["plugin"], line["name"], line["outcome"]) == ("bad", "copilot_gates", "failed")


COMMANDS_OF_A_PLUGIN = """
import sys

def ledger(*, fail: bool = False):
    if fail:
        raise ZeroDivisionError("postgresql://u:hunter2@h")
    print("the ledger")
    return 5

def waits():
    import os, signal
    os.kill(os.getpid(), signal.SIGINT)

@hookimpl
def copilot_commands():
    return [Command("{}", __name__ + ":ledger", "Look at the ledger."), Command("waits", __name__ + ":waits", "x")]
"""


def test_plugins_have_commands(tmp_path: Path) -> None:
    plugin_file(tmp_path, "ledger", COMMANDS_OF_A_PLUGIN.replace("{}", "ledger"))
    done = run(tmp_path, "ledger", "-p", "./ledger.py")
    assert (done.returncode, done.stdout) == (5, "the ledger\n")
    assert "Look at the ledger." in run(tmp_path, "--help", "-p", "./ledger.py").stdout
    assert run(tmp_path, "waits", "-p", "./ledger.py").returncode == 130


def test_an_unexpected_error_is_one_line_and_a_traceback_on_demand(tmp_path: Path) -> None:
    plugin_file(tmp_path, "ledger", COMMANDS_OF_A_PLUGIN.replace("{}", "ledger"))
    done = run(tmp_path, "ledger", "--fail", "-p", "./ledger.py")
    assert done.returncode == 1
    assert done.stderr == (
        "sre-copilot: unexpected ZeroDivisionError: postgresql://u:***@h\n"
        "Run it again with --debug to see where it happened.\n"
    )
    assert "Traceback" in run(tmp_path, "ledger", "--fail", "-p", "./ledger.py", "--debug").stderr


def test_a_plugins_command_cannot_take_the_name_of_ours(tmp_path: Path) -> None:
    plugin_file(tmp_path, "ledger", COMMANDS_OF_A_PLUGIN.replace("{}", "status"))
    done = run(tmp_path, "waits", "-p", "./ledger.py")
    assert done.returncode == 2
    assert "'status' is a command of sre-copilot itself; choose another name" in done.stderr


@pytest.mark.parametrize("arguments", [["settings"], ["settings", "--json"]])
def test_settings_load_no_heavy_library(tmp_path: Path, arguments: list[str]) -> None:
    watched = (
        "import sys; from sre_copilot.cli.main import run; code = run(sys.argv[1:]);"
        "sys.stderr.write(' '.join(sorted(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(HEAVY) & set(done.stderr.split()) == set()


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "sre_copilot", "settings"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    assert started.stderr.read() == b""
    started.stderr.close()
    assert started.wait(30) in (0, 128 + signal.SIGPIPE)


def test_the_code_of_the_program_is_that_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SRE_COPILOT_")]:
        monkeypatch.delenv(name)
    assert run_here(["settings"]) == 0
    assert run_here(["bogus"]) == 2
    assert "there is no command 'bogus'" in capsys.readouterr().err
