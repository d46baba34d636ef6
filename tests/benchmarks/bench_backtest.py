"""Back-testing 30 days of half-minute readings out of PostgreSQL, as a user does it: at most 30 s and 300 MB.

The readings are those of a cluster whose load goes up and down by the day, with a night in which nobody works, and
with a value for every signal, so that nothing is cheaper than it is in life.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import random
import subprocess
import sys
import time
from array import array
from functools import partial
from pathlib import Path

import attrs
from whenever import Instant, TimeDelta

from sre_copilot.health.columns import Columns
from sre_copilot.health.ruleset import needed_signals
from sre_copilot.store import Store
from sre_copilot.store.readings import Block, blocks_of, hour_of, replace_hour
from sre_copilot_hookspecs import LabelledValue, Missing, MissingReason, Reading, Sample
from tests.rules import BUILTIN, NO_WORKERS, STEADY

DAYS = 30
CYCLE = 30
START = Instant.from_utc(2026, 1, 1)
MOST_SECONDS = 30.0
MOST_MEGABYTES = 300.0
OUTAGE = (3, 5)
"""Hours of each day in which no worker runs."""
JUDGED = frozenset(needed_signals(BUILTIN))


def reading(number: int, chance: random.Random) -> Reading:
    """One reading; every signal of the rules is in it."""
    at = START + TimeDelta(seconds=CYCLE * number)
    hour = number * CYCLE / 3600
    load = 1 + 0.5 * math.sin(hour / 24 * 2 * math.pi)
    base = NO_WORKERS if OUTAGE[0] <= hour < OUTAGE[1] else STEADY
    samples: dict[str, Sample | Missing] = {}
    for rule in BUILTIN.signals:
        value = base.get(rule.key)
        if value is None and rule.key in STEADY:
            samples[rule.key] = Missing(MissingReason.NO_DATA, "There is nothing to compute it with.")
            continue
        if value is None and rule.key in JUDGED:
            samples[rule.key] = Missing(MissingReason.NO_DATA, "Nothing of the kind happens here.")
            continue
        value = chance.random() / 10 if value is None else value
        exact = value in (0, 1) or "ratio" in rule.key or "share" in rule.key
        noisy = value if exact else value * load * chance.uniform(0.95, 1.05)
        labels = (("namespace", "default"), ("taskqueue", "orders"))
        series = (LabelledValue(labels, noisy),) if rule.worst is not None else ()
        samples[rule.key] = Sample(noisy, chance.choice((0.5, 1.0, 1.5)), series)
    return Reading(at, "prod", samples)


def day() -> list[Block]:
    """A day in columns."""
    chance, cycles = random.Random(7), 3600 // CYCLE
    hours = range(24)
    readings = [[reading(number, chance) for number in range(h * cycles, (h + 1) * cycles)] for h in hours]
    return [block for part in readings for block in blocks_of(hour_of(part[0].at), part)]


def later(block: Block, days: int) -> Block:
    """The same readings some days later, packed as they are kept."""
    shift = days * 86400 * 10**9
    columns = attrs.evolve(block.columns, instants=array("q", (at + shift for at in block.columns.instants)))
    packed = base64.b64encode(columns.pack()).decode()
    return attrs.evolve(block, hour=block.hour + days * 24, columns=columns, packed=packed)


async def fill(url: str) -> int:
    """Store the readings in columns, as packing leaves them; returns how many bytes they take."""
    size = 0
    async with await Store.open(url) as store:
        await store.migrate()
        await store.register_cluster("prod", CYCLE)
        for first in day():
            for days in range(DAYS):
                block = later(first, days)
                size += len(block.packed)
                work = partial(replace_hour, cluster="prod", hour=block.hour, blocks=[block])
                await store._transactions.write(work)
    return size


def test_thirty_days_take_at_most_thirty_seconds_and_300_megabytes(database: str, tmp_path: Path) -> None:
    stored = asyncio.run(fill(database))
    (tmp_path / "sre-copilot.toml").write_text(
        f"[copilot]\ndatabase_url = {json.dumps(database)}\n[clusters.prod.temporal]\naddress = '127.0.0.1:1'\n"
    )
    until = START + TimeDelta(hours=24 * DAYS)
    command = [sys.executable, "-m", "sre_copilot", "backtest", "--json"]
    command += ["--from", START.format_iso(), "--to", until.format_iso()]
    with (tmp_path / "out.json").open("w") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=tmp_path, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    # Of the processor: what other guests of the machine take away from us says nothing about us.
    busy = usage.ru_utime + usage.ru_stime
    megabytes = usage.ru_maxrss / 1024
    found = json.loads((tmp_path / "out.json").read_text())["rulesets"][0]
    sys.stdout.write(
        f"\n{found['cycles']:,} cycles, {len(BUILTIN.gates)} gates, {len(BUILTIN.signals)} signals:"
        f" {busy:.1f} s of processor, {seconds:.1f} s in all ({busy / found['cycles'] * 1e6:.0f} µs a cycle),"
        f" {megabytes:.0f} MB;"
        f" {stored / 1024 / 1024:.1f} MiB in columns\n"
    )
    assert os.waitstatus_to_exitcode(status) == 0
    assert found["cycles"] == DAYS * 86400 // CYCLE
    assert [change["after"] for change in found["transitions"]].count("critical") == DAYS
    assert busy <= MOST_SECONDS
    assert megabytes <= MOST_MEGABYTES


def test_a_block_is_small() -> None:
    chance = random.Random(7)
    (block,) = blocks_of(hour_of(START), [reading(number, chance) for number in range(120)])
    assert len(Columns.unpack(block.columns.pack())) == 120
    sys.stdout.write(f"\n120 readings of {len(BUILTIN.signals)} signals: {len(block.packed) / 1024:.0f} KiB\n")
