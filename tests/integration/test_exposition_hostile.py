"""Endpoints that send far too much, or nonsense: a cycle ends in time, memory is bounded, the rest is still read."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sre_copilot_hookspecs import MissingReason
from tests.builtin_signals import answers, missing, target, value

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DEADLINE = 4.0
MEBIBYTE = 1024 * 1024
MOST_MEMORY = 400 * MEBIBYTE
"""Bytes of the whole process: the 64 MiB an answer may have, a few times over, and the interpreter."""


def _chunks(what: str) -> Iterator[bytes]:
    """A body, piece by piece, so that only whoever reads it has to hold it."""
    if what == "a hundred megabytes":
        line = b'tasks_added{taskqueue="orders"} 1\n'
        for _ in range(100):
            yield line * (MEBIBYTE // len(line))
        return
    templates = {
        "a million series that are asked for": 'tasks_added{{taskqueue="{}"}} 1\n',
        "a million series that nobody asked for": 'cows{{name="{}"}} 1\n',
        "a million names": "cows_{} 1\n",
    }
    for start in range(0, 1_000_000, 10_000):
        yield "".join(templates[what].format(number) for number in range(start, start + 10_000)).encode()


async def _read_once(what: str) -> dict[str, object]:
    from sre_copilot_exposition.settings import ExpositionSettings
    from sre_copilot_exposition.source import ExpositionSource
    from sre_copilot_hookspecs import ReadRequest, counter, gauge
    from tests.exposition_targets import DIALECTS, SteppingClock, cluster_of, fake_target, signal_of

    signals = (
        signal_of(counter("tasks_added", role="server").rate("61s"), "test.added"),
        signal_of(gauge("up", role="server").min(), "test.up"),
    )

    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for chunk in _chunks(what):
            writer.write(chunk)
            await writer.drain()

    async with fake_target() as target:
        target.respond = respond
        source = ExpositionSource(DIALECTS)
        await source.open(cluster_of(ExpositionSettings(server=(target.url,))))
        began = time.monotonic()
        reading = await source.read(ReadRequest(SteppingClock()(), "prod", signals, DEADLINE))
        seconds = time.monotonic() - began
        await source.close()
    why = dict(reading.missing())["test.added"]
    return {"seconds": seconds, "peak": _most_memory(), "up": reading.value("test.up"), "says": why.detail}


def _most_memory() -> int:
    """Bytes that this process had at most. What getrusage tells includes the process that forked this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024


@pytest.mark.parametrize(
    ("what", "up", "says"),
    [
        ("a hundred megabytes", 0.0, "more than 67108864 bytes"),
        ("a million series that are asked for", 0.0, "more than 200000 samples"),
        ("a million names", 0.0, "more than 100000 metric names"),
        ("a million series that nobody asked for", 1.0, "two scrapes"),
    ],
)
def test_too_much_is_refused_in_time_and_in_bounded_memory(what: str, up: float, says: str) -> None:
    # In a process of its own, whose memory is nobody else's.
    script = "import sys; from tests.integration import test_exposition_hostile as t; t.tell(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, what], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["seconds"] < DEADLINE + 0.5, told
    assert told["peak"] < MOST_MEMORY, told
    # On a busy machine reading it all can take longer than there is; that too is down, and says so.
    assert (told["up"] == up and says in told["says"]) or "within" in told["says"], told


def tell(what: str) -> None:
    """Read once and write down what it took."""
    sys.stdout.write(json.dumps(asyncio.run(_read_once(what))))


ADDED = 'tasks_added{{namespace="default",taskqueue="orders",task_type="Workflow",forwarded="false"}} {}\n'
REQUESTS = 'task_requests{{task_type="TransferActivityTask"}} {}\n'


@pytest.mark.parametrize("nonsense", ["NaN", "+Inf", "-Inf", "1e308"])
def test_values_that_mean_nothing_cost_their_own_signal_only(nonsense: str) -> None:
    first, second = ADDED.format(10) + REQUESTS.format(10), ADDED.format(nonsense) + REQUESTS.format(70)
    found = answers(target([(0, first), (60, second)]))
    if nonsense != "1e308":
        assert missing(found, "demand.tasks_added").reason is MissingReason.NO_DATA
    assert value(found, "history.task_rate") == pytest.approx(1, rel=0.1)


def test_a_series_that_comes_twice_counts_once() -> None:
    first, second = ADDED.format(10) * 3, ADDED.format(70) * 3
    assert value(answers(target([(0, first), (60, second)])), "demand.tasks_added") == pytest.approx(1, rel=0.1)


def test_a_wrong_type_changes_nothing() -> None:
    head = "# TYPE tasks_added gauge\n# TYPE tasks_added histogram\n"
    found = answers(target([(0, head + ADDED.format(10)), (60, head + ADDED.format(70))]))
    assert value(found, "demand.tasks_added") == pytest.approx(1, rel=0.1)


def test_a_body_that_is_cut_off_is_no_scrape() -> None:
    from sre_copilot_exposition.exposition_text import MalformedText

    with pytest.raises(MalformedText, match="truncated"):
        target([(0, ADDED.format(10)[:-5])])
