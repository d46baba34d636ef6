"""Readings in columns on a real PostgreSQL: packed from receipts, again whenever late ones arrive, kept longer."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from whenever import Instant, TimeDelta

from sre_copilot.cli.main import run as run_here
from sre_copilot.explain.present import present
from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.store import Store
from sre_copilot.store.archive import Archive, UnusableExport
from sre_copilot_hookspecs import Reading
from tests.rules import BUILTIN, CYCLE, DRAINING, ENGINE, NO_WORKERS, START, STEADY, observe

T = TypeVar("T")
STORY = [STEADY] * 100 + [NO_WORKERS] * 20 + [DRAINING] * 20 + [STEADY] * 160
END = START + CYCLE * len(STORY)
CLUSTER = "test"


def cycles() -> list[tuple[Receipt, StatusDocument]]:
    """Two and a half hours of a cluster that loses its workers for ten minutes."""
    memory, made = Memory(), []
    for number, values in enumerate(STORY):
        observation = observe(values, number)
        decision = ENGINE.decide(memory, observation)
        receipt = Receipt(observation, memory, decision)
        made.append((receipt, present(BUILTIN, receipt, cycle_seconds=30.0)))
        memory = decision.memory
    return made


CYCLES = cycles()
READINGS = [receipt.observation.reading for receipt, _ in CYCLES]


def with_store(url: str, scenario: Callable[[Store], Awaitable[T]]) -> T:
    async def run() -> T:
        async with await Store.open(url, deadline=20.0) as store:
            await store.migrate()
            await store.register_cluster(CLUSTER, 30.0)
            return await scenario(store)

    return asyncio.run(run())


async def stored(store: Store, since: Instant = START, until: Instant = END) -> list[Reading]:
    return [reading async for block in store.readings(CLUSTER, since, until) for reading in block.readings()]


def test_readings_are_the_same_packed_and_not_packed(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.record(CYCLES)
        assert await stored(store) == READINGS
        # Two hours are over; the third is still read from its receipts.
        assert await store.pack_readings(CLUSTER, END) == 2
        assert await stored(store) == READINGS
        assert await store.pack_readings(CLUSTER, END) == 0

    with_store(database, scenario)


def test_decisions_that_arrive_late_are_packed_again(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.record([*CYCLES[:30], *CYCLES[50:]])
        assert await store.pack_readings(CLUSTER, END) == 2
        await store.record(CYCLES)
        assert await stored(store) == READINGS
        assert await store.pack_readings(CLUSTER, END) == 1
        assert await stored(store) == READINGS

    with_store(database, scenario)


def test_two_workers_may_pack_at_once(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.record(CYCLES)
        async with await Store.open(database, deadline=20.0) as other:
            await asyncio.gather(*(each.pack_readings(CLUSTER, END) for each in (store, other, store)))
        assert await stored(store) == READINGS

    with_store(database, scenario)


def test_readings_outlive_their_decisions_and_go_when_they_are_too_old(database: str) -> None:
    async def scenario(store: Store) -> None:
        await store.record(CYCLES)
        await store.pack_readings(CLUSTER, END)
        await store.prune(START + TimeDelta(hours=2))
        assert await store.pack_readings(CLUSTER, END) == 0
        assert await stored(store) == READINGS
        assert await store.prune_readings(START + TimeDelta(hours=1)) == 1
        assert await stored(store) == READINGS[120:]

    with_store(database, scenario)


def settings(folder: Path, url: str) -> None:
    (folder / "sre-copilot.toml").write_text(
        f"[copilot]\ndatabase_url = {json.dumps(url)}\n[clusters.{CLUSTER}.temporal]\naddress = '127.0.0.1:1'\n"
    )


@pytest.fixture
def filled(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, and a store with two and a half hours in it, most of them packed."""

    async def scenario(store: Store) -> None:
        await store.save_ruleset(BUILTIN)
        await store.record(CYCLES)
        await store.pack_readings(CLUSTER, END)

    with_store(database, scenario)
    settings(tmp_path, database)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def little(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with three cycles."""

    async def scenario(store: Store) -> None:
        await store.save_ruleset(BUILTIN)
        await store.record(CYCLES[:3])

    with_store(database, scenario)
    settings(tmp_path, database)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SPAN = ["--from", START.format_iso(), "--to", END.format_iso()]


def test_stored_decisions_are_verified_and_the_first_difference_is_named(
    filled: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(["verify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cycles"], found["equal"], found["decided_by_engines"]) == (len(STORY), True, {BUILTIN.engine: 300})

    import asyncpg

    async def forge() -> None:
        connection = await asyncpg.connect(database)
        await connection.execute(
            "update decisions set receipt = replace(receipt, '\"critical_cycles\":3', '\"critical_cycles\":4')"
            " where receipt like '%\"critical_cycles\":3%'"
        )
        await connection.close()

    asyncio.run(forge())
    assert run_here(["verify"]) == 1
    told = capsys.readouterr().out
    assert "critical_cycles" in told
    assert f"Engine {BUILTIN.engine} decided, engine {BUILTIN.engine} computed." in told
    assert f"cluster {CLUSTER}, cycle 2026-01-01T00:51" in told


def test_an_export_stands_for_the_store(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = filled / "part.export"
    assert run_here(["export", str(file), "--since", START.format_iso(), "--until", END.format_iso()]) == 0
    capsys.readouterr()
    assert [path.name for path in filled.iterdir() if path.name.endswith(".part")] == []
    archive = Archive(file)
    kept = [receipt for block in archive.blocks() for _, receipt in block.receipts]
    assert kept == [receipt for receipt, _ in CYCLES]
    assert list(archive.rulesets()) == [ENGINE.digest]

    (filled / "sre-copilot.toml").write_text("")
    assert run_here(["verify", str(file)]) == 0
    assert "300 decisions computed again" in capsys.readouterr().out
    assert run_here(["backtest", *SPAN, "--source", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rulesets"][0]["cycles"] == 300


@pytest.mark.parametrize(
    ("was", "becomes", "field"),
    [
        (b'"critical_cycles":3', b'"critical_cycles":4', "critical_cycles"),
        (b'"state":"stressed"', b'"state":"happy"', "state"),
    ],
)
def test_an_export_that_was_changed_by_hand_is_found_out_without_a_store(
    filled: Path, was: bytes, becomes: bytes, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = filled / "part.export"
    assert run_here(["export", str(file), "--since", START.format_iso(), "--until", END.format_iso()]) == 0
    whole = gzip.decompress(file.read_bytes())
    assert was in whole
    file.write_bytes(gzip.compress(whole.replace(was, becomes, 1)))
    (filled / "sre-copilot.toml").write_text("")
    capsys.readouterr()
    assert run_here(["verify", str(file)]) == 1
    told = capsys.readouterr().out
    assert "The last one differs" in told
    assert field in told


def test_a_picture_shows_the_readings_and_not_the_day_around_them(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = ["--from", START.subtract(hours=60).format_iso(), "--to", END.add(hours=60).format_iso()]
    assert run_here(["backtest", *wide, "--html", "page.html"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"readings from {START.format_iso().replace('T', ' ').removesuffix('Z')} UTC to ")
    assert len(lines[3].strip()) > 60
    (bar, *_) = re.findall(r"<rect x='([\d.]+)'", (filled / "page.html").read_text())
    assert float(bar) < 10


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda whole: whole[: len(whole) // 2], "cut off"),
        (lambda whole: b"hello", "no export of sre-copilot"),
        (lambda whole: gzip.compress(b'{"kind": "sre-copilot export", "format": 9}\n'), "format 9; this version reads"),
        (lambda whole: gzip.compress(b"".join(gzip.decompress(whole).splitlines(True)[:-1])), "cut off"),
        (lambda whole: gzip.compress(gzip.decompress(whole).replace(b'"readings":"', b'"readings":"AA')), "damaged"),
    ],
)
def test_a_broken_export_is_refused_in_a_sentence(
    little: Path, break_it: Callable[[bytes], bytes], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = little / "part.export"
    assert run_here(["export", str(file), "--since", START.format_iso()]) == 0
    file.write_bytes(break_it(file.read_bytes()))
    capsys.readouterr()
    assert run_here(["verify", str(file)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told
    with pytest.raises(UnusableExport):
        list(Archive(file).blocks())


def test_a_back_test_of_the_store_says_what_was_decided(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here(["backtest", *SPAN, "--json", "--html", "page.html"]) == 0
    found = json.loads(capsys.readouterr().out)["rulesets"][0]
    changes = [receipt.decision for receipt, _ in CYCLES if receipt.decision.changed]
    assert [(change["at"], change["after"]) for change in found["transitions"]] == [
        (decision.at.format_iso(), decision.state.value) for decision in changes
    ]
    assert found["would_have_notified"] == len(changes)
    page = (filled / "page.html").read_text()
    assert page.count("<rect") == len(found["timeline"])
    assert "http" not in page
    assert "<script" not in page


def test_a_threshold_is_tried_against_the_present_one(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tried = ["--set", "matching.dispatch_ratio_critical=-1", "--set", "history.completion_ratio_critical=-1"]
    assert run_here(["backtest", *SPAN, *tried, "--against", "current"]) == 0
    told = capsys.readouterr().out
    assert "stressed instead of critical" in told
    assert "matching.dispatch_ratio_critical: matching.dispatch_ratio is 0; clear at -1 instead of fired at 0.3" in told
    assert "▄" in told
    assert "\x1b[" not in told


def test_stored_rules_are_found_by_the_beginning_of_their_digest(
    little: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(["rules", "diff", f"stored:{ENGINE.digest[:10]}", ENGINE.digest[:8]]) == 0
    assert "There is no difference." in capsys.readouterr().out
    assert run_here(["rules", "diff", "current", "stored:abcdef"]) == 2
    assert "no stored ruleset has the digest 'abcdef'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["backtest", "--from", "1h", "--to", "2h"], "--from '1h' is not before --to '2h'"),
        (["backtest", "--from", "soon"], "--from 'soon' is neither"),
        (["backtest", "--source", "stor"], "did you mean 'store'?"),
        (["backtest", *SPAN, "--cluster", "tset"], "did you mean 'test'?"),
        (["backtest", *SPAN, "--set", "a"], "threshold=number"),
        (["backtest", *SPAN, "--set", "matching.backlog_age_stressed=nan"], "nan is not a finite number"),
        (["backtest", "--from", "5m"], "there are no readings of test"),
        (["export", "no/such/file"], "there is no folder"),
        (["export", "x", "--since", "5m"], "nothing is kept from"),
        (["verify", "gone.export"], "gone.export cannot be read"),
        (["verify", "--since", "5m"], "there was nothing to verify"),
        (["backtest", *SPAN, "--rules", "gone.toml"], "'gone.toml' is no ruleset and no file"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    little: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(arguments) == 2
    told = capsys.readouterr()
    assert says in told.err, told.err
    assert "Traceback" not in told.err
    assert sorted(path.name for path in little.iterdir()) == ["sre-copilot.toml"]


def test_a_file_that_is_there_survives_an_export_that_fails(little: Path) -> None:
    (little / "x").write_text("precious")
    assert run_here(["export", "x", "--since", "5m"]) == 2
    assert (little / "x").read_text() == "precious"
