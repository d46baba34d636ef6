"""``sre-copilot signals``: what is shown, explained and refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sre_copilot.cli.signal_rows import Picture, Row
from sre_copilot.cli.signal_table import Table, sparkline
from tests.plugin_files import plugin_file, run

WATCHED = "[api]\nport = 1\n[clusters.prod.temporal]\naddress = '127.0.0.1:1'\n"
PAYMENTS = """
    class Source:
        key = "ledger"
        reads_expressions = False

        async def open(self, cluster): ...

        async def read(self, request):
            samples = {
                "payments.age": Sample(2.5, age=1.0),
                "payments.lost": Missing(MissingReason.UNREACHABLE, "The ledger is closed."),
            }
            return Reading(request.at, request.cluster, {s.key: samples[s.key] for s in request.signals})

        async def close(self): ...


    @hookimpl
    def copilot_signals():
        return [signal("payments.age", probe="ledger", note="Rounded."), signal("payments.lost", probe="ledger")]


    @hookimpl
    def copilot_signal_sources():
        return [Source()]
"""
ALONE = ("-p", "./payments.py", "-p", "no:temporal", "-p", "no:dsql", "-p", "no:exposition", "-p", "no:prometheus")


WARMING = """
    class Source:
        key = "ledger"
        reads_expressions = False
        reads = 0

        async def open(self, cluster): ...

        async def read(self, request):
            self.reads += 1
            found = Sample(self.reads) if self.reads > 1 else Missing(MissingReason.WARMING_UP, "Wait.")
            return Reading(request.at, request.cluster, {s.key: found for s in request.signals})

        async def close(self): ...


    @hookimpl
    def copilot_signals():
        return [signal("payments.reads", probe="ledger")]


    @hookimpl
    def copilot_signal_sources():
        return [Source()]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plugin_file(tmp_path, "payments", PAYMENTS)
    (tmp_path / "sre-copilot.toml").write_text(WATCHED)
    return tmp_path


def test_values_and_reasons_are_read_live_where_no_api_answers(folder: Path) -> None:
    done = run(folder, "signals", *ALONE)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 signals have a value" in done.stdout
    assert "2.5 s" in done.stdout
    assert "missing: unreachable" in done.stdout
    assert "The ledger is closed." in done.stdout


def test_json_has_the_same(folder: Path) -> None:
    document = json.loads(run(folder, "signals", "--json", *ALONE).stdout)
    assert (document["cluster"], document["from"]) == ("prod", "live")
    age, lost = document["signals"]
    assert (age["key"], age["value"], age["unit"], age["source"], age["age_seconds"]) == (
        "payments.age",
        2.5,
        "seconds",
        "ledger",
        1.0,
    )
    assert (lost["value"], lost["missing"]) == (None, "unreachable")


def test_rates_are_shown_once_their_windows_are_full(folder: Path) -> None:
    plugin_file(folder, "payments", WARMING)
    (row,) = json.loads(run(folder, "signals", "--json", "--cycle", "0.5", *ALONE).stdout)["signals"]
    assert row["value"] == 5


def test_one_signal_is_explained(folder: Path) -> None:
    done = run(folder, "signals", "--explain", "payments.age", *ALONE)
    assert done.returncode == 0, done.stderr
    assert "How long?" in done.stdout
    assert "Rounded." in done.stdout
    assert "Now 2.5 s, from ledger, 1 s old." in done.stdout


def test_a_built_in_signal_is_explained_without_any_cluster(tmp_path: Path) -> None:
    done = run(tmp_path, "signals", "--explain", "history.task_rate")
    assert done.returncode == 0, done.stderr
    assert "rate(counter task_requests" in done.stdout
    assert "no cluster is set up" in done.stdout
    assert json.loads(run(tmp_path, "signals", "--json", "--explain", "history.task_rate").stdout)["reading"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--explain", "payments.aeg"), "there is no signal 'payments.aeg'; did you mean 'payments.age'?"),
        (("--cluster", "prd"), "there is no cluster 'prd'; did you mean 'prod'?"),
        (("--cycle", "0"), "--cycle is 0; it must lie between 0.5 and 300 seconds"),
        (("--api", "http://127.0.0.1:1"), "does not answer"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run(folder, "signals", *arguments, *ALONE)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_cluster_it_says_what_to_write(tmp_path: Path) -> None:
    done = run(tmp_path, "signals", SRE_COPILOT_API_PORT="1")
    assert (done.returncode, "no cluster is set up" in done.stderr) == (2, True)


def test_a_line_shows_how_a_value_moves() -> None:
    assert sparkline([0, 1, 2, None, 7]) == "▁▂▃ █"
    assert sparkline([3, 3]) == "▁▁"
    assert sparkline([None, None]) == "  "


def test_a_table_remembers_what_it_showed_and_cuts_what_is_too_long() -> None:
    from rich.console import Console

    table, console = Table(), Console(width=120, record=True, file=io.StringIO())
    for value in (1.0, 5.0):
        row = Row("a.b", "primary", "x", "count", value, f"{value:g}", "ledger", 0.0, note="long " * 100)
        console.print(table.of(Picture("prod", "live", "now", (row,)), moving=True, width=120))
    shown = console.export_text()
    assert "▁█" in shown
    assert "…" in shown
    assert max(map(len, shown.splitlines())) <= 120
