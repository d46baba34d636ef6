"""Finding, registering, calling and isolating plugins."""

from __future__ import annotations

import asyncio
import textwrap
import threading
import time
from pathlib import Path

import pytest

from sre_copilot.plugins.deadline import Overrun, call_within
from sre_copilot.plugins.failures import PluginFailure
from sre_copilot.plugins.listing import PluginStatus
from sre_copilot.plugins.manager import Manager
from sre_copilot.plugins.requests import plugin_request
from sre_copilot_hookspecs import CopilotError, DeclarationError, hookimpl
from tests.plugin_files import plugin_file

OURS = ("no:temporal", "no:dsql", "no:exposition", "no:prometheus", "no:local", "no:aws", "no:runbooks")
"""Without the installed plugins, so that a test sees only its own."""


def load(*texts: str | Path, installed: bool = False) -> Manager:
    blocked = () if installed else OURS
    return Manager.load([plugin_request(str(text)) for text in (*blocked, *texts)])


def keys(manager: Manager, hook: str = "copilot_signals") -> list[tuple[str, str]]:
    return [(entry.plugin, entry.value.key) for entry in manager.collect(hook)]


def refused(*texts: str | Path) -> str:
    with pytest.raises(CopilotError) as caught:
        load(*texts).declarations()
    return str(caught.value)


def failure_of(manager: Manager) -> PluginFailure:
    manager.declarations()
    (failure,) = manager.failures
    return failure


def test_installed_plugins_are_found_by_their_entry_points() -> None:
    listing = {entry.name: entry for entry in load(installed=True).listing()}
    assert {"temporal", "exposition", "local"} <= set(listing)
    assert listing["local"].distribution == "sre-copilot-local"
    assert listing["local"].version
    assert listing["local"].hooks == ("copilot_environments",)


def test_a_file_declares_signals(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_signals(): return [signal('payments.age')]")
    manager = load(path)
    assert keys(manager) == [("payments", "payments.age")]
    declared = manager.declarations()
    assert declared.plugins[0][0] == "payments"
    assert declared.plugins[0][1].startswith("sha256:")


def test_two_files_of_one_stem_are_two_modules_and_one_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = plugin_file(tmp_path / "a", "payments", "")
    second = plugin_file(tmp_path / "b", "payments", "")
    assert "would both be plugin 'payments'; rename one of them" in refused(first, second)


def test_a_module_is_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin_file(tmp_path, "company_rules", "@hookimpl\ndef copilot_signals(): return [signal('company.age')]")
    monkeypatch.syspath_prepend(tmp_path)
    assert keys(load("company_rules")) == [("company_rules", "company.age")]


def test_a_block_overrules_an_earlier_request_and_a_request_an_earlier_block(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_signals(): return [signal('payments.age')]")
    assert keys(load(path, "no:payments")) == []
    assert keys(load("no:payments", path)) == [("payments", "payments.age")]


def test_a_blocked_plugin_is_listed(tmp_path: Path) -> None:
    listing = {entry.name: entry for entry in load("no:nobody").listing()}
    assert listing["local"].status is PluginStatus.BLOCKED
    assert listing["local"].distribution == "sre-copilot-local"
    assert listing["nobody"].reason == "-p no:nobody; no plugin of this name is installed"


@pytest.mark.parametrize("text", ["", "no:", "  "])
def test_a_request_needs_a_name(text: str) -> None:
    with pytest.raises(CopilotError, match="names no plugin"):
        plugin_request(text)


def test_unknown_plugin_suggests_the_nearest() -> None:
    assert refused("tempral") == "-p tempral: there is no such plugin or module; did you mean 'temporal'?"


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.py") == f"-p {tmp_path}/gone.py: there is no such file"


def test_import_error_names_file_line_and_error(tmp_path: Path) -> None:
    path = tmp_path / "payments.py"
    path.write_text("x = 1\nimport no_such_thing\n")
    says = refused(path)
    assert says == (
        f"plugin 'payments' ({path}) could not be imported:"
        " ModuleNotFoundError: No module named 'no_such_thing' (payments.py, line 2)"
    )


def test_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "payments.py"
    path.write_text("x = 1\ndef broken(:\n")
    assert "SyntaxError: invalid syntax (payments.py, line 2)" in refused(path)


def test_a_file_that_exits_is_no_end_of_the_program(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "import sys\nsys.exit(3)")
    assert "could not be imported: SystemExit: 3" in refused(path)


def test_unknown_hook_suggests_the_nearest(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_signal(): return []")
    assert refused(path) == (
        f"plugin 'payments' ({path}), hook copilot_signal: there is no such hook; did you mean copilot_signals?"
    )


def test_unknown_argument_shows_the_implementation_and_what_there_is(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_signal_sources(setings, x=1): return []")
    assert refused(path) == (
        f"plugin 'payments' ({path}), hook copilot_signal_sources: copilot_signal_sources(setings, x) asks for"
        " 'setings', but this hook offers only (settings, dialects, signers); did you mean 'settings'?"
    )


def test_argument_of_a_hook_without_arguments(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_gates(settings): return []")
    assert refused(path).endswith("copilot_gates(settings) asks for 'settings', but this hook has no arguments")


def test_a_forgotten_marker_is_told(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "def copilot_signals(): return []")
    assert refused(path).endswith("hook copilot_signals: the function is not marked with @hookimpl")


def test_wrappers_are_refused(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "payments", "@hookimpl(wrapper=True)\ndef copilot_signals(): return (yield)")
    assert "there is nothing to wrap, because each implementation is called by itself" in refused(path)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return None", "returned nothing; it must return a sequence of Signal, empty if there is none"),
        ("return 3", "returned an int; it must return a sequence of Signal"),
        ("return 'abc'", "returned a str; it must return a sequence of Signal"),
        ("return signal('payments.age')", "returned a Signal by itself; put it in a list"),
        ("return [signal('a.b'), 3]", "returned at position 2: an int, where a Signal is expected"),
        ("return [Signal]", "returned at position 1: a type, where a Signal is expected"),
        ("raise KeyError('x')", "KeyError: 'x' (payments.py, line 18)"),
        ("return [signal('UPPER')]", "'UPPER' is not a key; write lower-case words joined by dots"),
        ("import sys; sys.exit('bye')", "SystemExit: bye (payments.py, line 18)"),
    ],
)
def test_a_hook_that_fails_is_named(tmp_path: Path, body: str, says: str) -> None:
    path = plugin_file(tmp_path, "payments", f"@hookimpl\ndef copilot_signals(): {body}")
    failure = failure_of(load(path))
    assert failure.plugin == "payments"
    assert failure.hook == "copilot_signals"
    assert failure.says.startswith(f"plugin 'payments' ({path}), hook copilot_signals: ")
    assert says in failure.says


def test_a_gate_is_no_signal(tmp_path: Path) -> None:
    path = plugin_file(
        tmp_path,
        "payments",
        """
        @hookimpl
        def copilot_signals():
            return [Gate.above(signal("a.b"), level=Level.STRESSED, threshold="a.c", says="x")]
        """,
    )
    assert "at position 1: a Gate, where a Signal is expected" in failure_of(load(path)).says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("key = 'e'\n    finds = ()", "which is not an AmplifierEvaluator: it has no evaluate"),
        ("key = 'e'\n    finds = 'a.b'\n    def evaluate(self, window): ...", "whose finds is 'a.b'"),
        ("key = 3\n    finds = ()\n    def evaluate(self, window): ...", "whose key is 3 and not a name"),
        ("key = 'e'\n    finds = ()\n    evaluate = 3", "whose evaluate is not a method"),
    ],
)
def test_an_object_must_have_what_its_protocol_says(tmp_path: Path, body: str, says: str) -> None:
    path = plugin_file(
        tmp_path,
        "payments",
        f"class Odd:\n    {body}\n\n@hookimpl\ndef copilot_amplifier_evaluators(): return [Odd()]",
    )
    assert says in failure_of(load(path)).says


def test_one_failing_hook_takes_its_own_plugin_out_and_no_other(tmp_path: Path) -> None:
    # One hook that is called before the failing one, and one after it.
    bad = plugin_file(
        tmp_path,
        "bad",
        """
        @hookimpl
        def copilot_dialects(): raise OSError("no disk")

        @hookimpl
        def copilot_signals(): return [signal("bad.age")]

        @hookimpl
        def copilot_causes():
            return [Cause("bad", "bad", "bad", "It is bad.", 1)]
        """,
    )
    good = plugin_file(tmp_path, "good", "@hookimpl\ndef copilot_signals(): return [signal('good.age')]")
    manager = load(bad, good)
    assert keys(manager) == [("good", "good.age")]
    assert keys(manager, "copilot_causes") == []
    assert [entry.plugin for entry in manager.declarations().signals] == ["good"]
    status = {entry.name: entry.status for entry in manager.listing()}
    assert status["bad"] is PluginStatus.FAILED
    assert status["good"] is PluginStatus.OK


def test_a_failure_in_a_hook_with_settings_keeps_the_declarations(tmp_path: Path) -> None:
    path = plugin_file(
        tmp_path,
        "payments",
        """
        @hookimpl
        def copilot_signals(): return [signal("payments.age")]

        @hookimpl
        def copilot_checks(settings): raise OSError("no disk")
        """,
    )
    manager = load(path)
    assert [declared.plugin for declared in manager.collect("copilot_checks", settings=None)] == ["notifiers"]
    assert keys(manager) == [("payments", "payments.age")]
    assert [failure.hook for failure in manager.failures] == ["copilot_checks"]


def test_failures_are_told_at_once(tmp_path: Path) -> None:
    told: list[PluginFailure] = []
    path = plugin_file(tmp_path, "payments", "@hookimpl\ndef copilot_gates(): return None")
    manager = Manager.load([plugin_request(str(path))], on_failure=told.append)
    manager.declarations()
    manager.declarations()
    assert [failure.plugin for failure in told] == ["payments"]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("@hookimpl\ndef copilot_signals(): return [signal('shared.age')]", "signal 'shared.age'"),
        (
            """
            @hookimpl
            def copilot_threshold_profiles():
                shared = Threshold.everywhere("shared.age", Unit.SECONDS, 1, source="x")
                return [ThresholdProfile(__name__, (shared,))]
            """,
            "threshold 'shared.age'",
        ),
        (
            """
            class Evaluator:
                key = __name__
                finds = ("shared.age",)
                def evaluate(self, window): ...

            @hookimpl
            def copilot_amplifier_evaluators(): return [Evaluator()]
            """,
            "finding 'shared.age'",
        ),
    ],
)
def test_one_key_of_two_plugins_stops_the_start(tmp_path: Path, body: str, what: str) -> None:
    first, second = plugin_file(tmp_path, "first", body), plugin_file(tmp_path, "second", body)
    assert refused(first, second) == (
        f"{what} is declared by plugin 'first' ({first}) and by plugin 'second' ({second}); a key belongs to one"
        " plugin, so rename one of them, or leave one plugin out with -p no:second"
    )


def test_one_key_twice_in_one_plugin(tmp_path: Path) -> None:
    path = plugin_file(tmp_path, "twice", "@hookimpl\ndef copilot_signals(): return [signal('a.b'), signal('a.b')]")
    assert refused(path) == f"plugin 'twice' ({path}) declares signal 'a.b' twice; rename one of them"


def test_implementations_keep_their_order_but_for_first_and_last(tmp_path: Path) -> None:
    bodies = {"one": "trylast=True", "two": "", "three": "", "four": "tryfirst=True"}
    paths = [
        plugin_file(tmp_path, name, f"@hookimpl({options})\ndef copilot_signals(): return [signal('{name}.age')]")
        for name, options in bodies.items()
    ]
    assert [plugin for plugin, _ in keys(load(*paths))] == ["four", "two", "three", "one"]


def test_an_implementation_is_handed_what_it_asks_for() -> None:
    class Plugin:
        @hookimpl
        def copilot_checks(self, settings: object) -> list[object]:
            self.settings = settings
            return []

    plugin, manager = Plugin(), load()
    manager.register(plugin, "asking")
    manager.collect("copilot_checks", settings="the settings")
    assert plugin.settings == "the settings"


class Answering:
    """A plugin with one answer to a first-result hook."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    @hookimpl
    def copilot_profile_storage(self, settings: object) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Storage:
    key = "here"

    async def put(self, name: str, document: bytes) -> None: ...
    async def get(self, name: str) -> bytes: ...
    async def names(self, prefix: str = "") -> list[str]: ...


def first_of(*answers: object) -> object:
    manager = load()
    for number, answer in enumerate(answers):
        manager.register(Answering(answer), f"p{number}")
    return manager.first("copilot_profile_storage", settings=None)


def test_first_result_is_that_of_the_newest_plugin_that_answers() -> None:
    older, newer = Storage(), Storage()
    assert first_of(older, newer) is newer
    assert first_of(older, None) is older
    assert first_of(None, None) is None


def test_a_failure_is_told_only_if_nobody_answers() -> None:
    storage = Storage()
    assert first_of(storage, OSError("no disk")) is storage
    with pytest.raises(CopilotError, match="hook copilot_profile_storage: OSError: no disk"):
        first_of(None, OSError("no disk"))
    with pytest.raises(CopilotError, match="an int, which is not a ProfileStorage: it has no get and no key"):
        first_of(3)


def test_declaration_errors_of_refused_plugins_are_of_the_right_kind(tmp_path: Path) -> None:
    body = "@hookimpl\ndef copilot_signals(): return [signal('a.b')]"
    manager = load(plugin_file(tmp_path, "first", body), plugin_file(tmp_path, "second", body))
    with pytest.raises(DeclarationError):
        manager.declarations()


def test_broken_installed_plugin_is_reported_unless_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[console_scripts]\nx = y\n[sre_copilot]\nbroken = broken_plugin\n")
    (tmp_path / "broken_plugin.py").write_text(textwrap.dedent("raise RuntimeError('half done')"))
    monkeypatch.syspath_prepend(tmp_path)
    manager = load()
    assert [failure.says for failure in manager.failures] == [
        "plugin 'broken' (broken) could not be imported: RuntimeError: half done (broken_plugin.py, line 1)"
    ]
    entry = {entry.name: entry for entry in manager.listing()}["broken"]
    assert (entry.status, entry.version) == (PluginStatus.FAILED, "1.0")
    assert "RuntimeError: half done" in refused("broken")
    assert load("no:broken").failures == ()


def test_a_call_that_hangs_is_abandoned_in_a_daemon() -> None:
    release = threading.Event()
    began = time.monotonic()
    try:
        with pytest.raises(Overrun):
            asyncio.run(call_within(0.05, release.wait, name="stuck call"))
        assert time.monotonic() - began < 1
        (stuck,) = [thread for thread in threading.enumerate() if thread.name == "stuck call"]
        assert stuck.daemon
    finally:
        release.set()
    stuck.join(5)
    assert not stuck.is_alive()


def test_a_call_returns_or_raises_what_it_does() -> None:
    assert asyncio.run(call_within(5, lambda: 3, name="x")) == 3
    with pytest.raises(ZeroDivisionError):
        asyncio.run(call_within(5, lambda: 1 // 0, name="x"))

    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(RuntimeError, match="SystemExit: 3"):
        asyncio.run(call_within(5, leave, name="x"))
