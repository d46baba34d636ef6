"""Reading a cluster's log window after window on a real server, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from itertools import pairwise

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer
from whenever import Instant

from sre_copilot.narrative.redaction import Redactor
from sre_copilot.narrative.summary import PatternCount, WindowSummary
from sre_copilot.observe.log_reader import FromSource
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.workflows.activities import ClusterActivities
from sre_copilot.workflows.log_activities import LogActivities
from sre_copilot.workflows.log_messages import LogState, WatchLogsInput
from sre_copilot.workflows.sdk_plugin import sdk_plugin
from sre_copilot.workflows.supervise_logs import PREFIX, LogSupervisor
from sre_copilot.workflows.watch_logs import LogWatcherWorkflow
from sre_copilot.workflows.worker import make_worker
from sre_copilot_hookspecs import LogLine, LogLines, LogPattern, Severity
from tests.workflow_fakes import FakeObserver, FakeStore, ruleset, server, until

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("workflows-logs")]

PATTERNS = (
    LogPattern("deadline", contains="deadline exceeded"),
    LogPattern("shard_lost", contains="shard lost", severity=Severity.SEVERE),
)


class Log:
    """A log that is written while it is read; its cursor counts lines."""

    def __init__(self, *says: str) -> None:
        self.written: list[str] = list(says)
        self.spans: list[tuple[Instant, Instant]] = []

    async def chunks(
        self,
        cluster: str,
        since: Instant,
        until: Instant,
        *,
        cursors: Mapping[str, str],
        patterns: tuple[LogPattern, ...],
        deadline: float,
    ) -> AsyncIterator[FromSource]:
        self.spans.append((since, until))
        assert patterns == PATTERNS
        assert deadline > 0
        position = int(cursors.get("log") or 0)
        lines = tuple(LogLine(since, "history", "error", says) for says in self.written[position:])
        yield FromSource("log", LogLines(since, until, lines, cursor=str(position + len(lines))))


class Kept:
    """A store for windows that can be down."""

    def __init__(self) -> None:
        self.windows: list[WindowSummary] = []
        self.down = False
        self.refused = 0

    async def record_logs(self, cluster: str, summary: WindowSummary) -> None:
        if self.down:
            self.refused += 1
            raise StorageUnavailable("The store is down.")
        self.windows.append(summary)

    def count(self, key: str) -> int:
        return sum(pattern.count for window in self.windows for pattern in window.patterns if pattern.key == key)


class Called:
    """Whoever would assess."""

    def __init__(self) -> None:
        self.patterns: list[str] = []

    async def __call__(self, cluster: str, at: Instant, patterns: Sequence[PatternCount]) -> None:
        self.patterns += [pattern.key for pattern in patterns]


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def client(runner):
    environment = server()
    yield runner.run(environment.__aenter__()).client
    runner.run(environment.__aexit__(None, None, None))


@contextlib.asynccontextmanager
async def working(client: Client, log: Log, kept: Kept, called: Callable | None = None) -> AsyncIterator[str]:
    """A worker that reads logs on a queue of its own."""
    queue = f"test-{uuid.uuid4().hex[:8]}"
    activities = LogActivities(log, kept, PATTERNS, Redactor(), called or Called())
    observing = ClusterActivities(FakeObserver(ruleset()), FakeStore())
    async with make_worker(client, observing, cycles=[30.0], logs=activities, task_queue=queue):
        yield queue


async def watching(client: Client, queue: str, **start: object) -> WorkflowHandle[LogWatcherWorkflow, None]:
    chosen = WatchLogsInput("prod", **{"cycle": 1.0, **start})  # type: ignore[arg-type]
    return await client.start_workflow(LogWatcherWorkflow.run, chosen, id=queue, task_queue=queue)


def test_windows_follow_each_other_and_count_every_line_once(runner, client):
    async def scenario() -> None:
        log, kept = Log("context deadline exceeded"), Kept()
        async with working(client, log, kept) as queue:
            await watching(client, queue, cycles_per_run=2)
            for number in range(1, 5):
                await until(lambda number=number: len(kept.windows) >= number)
                log.written.append(f"context deadline exceeded {number}")
            await until(lambda: kept.count("deadline") == len(log.written))
        assert all(one.until == two.since for one, two in pairwise(kept.windows))

    runner.run(scenario())


def test_what_the_store_did_not_take_is_read_again(runner, client):
    async def scenario() -> None:
        log, kept = Log("context deadline exceeded"), Kept()
        kept.down = True
        async with working(client, log, kept) as queue:
            handle = await watching(client, queue)
            await until(lambda: kept.refused >= 2)
            status = await handle.query(LogWatcherWorkflow.status)
            assert status.state.cursors == ()
            assert status.state.since == log.spans[0][0]
            log.written.append("context deadline exceeded again")
            kept.down = False
            await until(lambda: len(kept.windows) >= 1)
        assert kept.windows[0].since == log.spans[0][0]
        assert kept.count("deadline") == 2

    runner.run(scenario())


def test_a_severe_pattern_calls_once_for_an_episode(runner, client):
    async def scenario() -> None:
        log, kept, called = Log("shard lost"), Kept(), Called()
        async with working(client, log, kept, called) as queue:
            await watching(client, queue)
            for number in range(1, 4):
                await until(lambda number=number: len(kept.windows) >= number)
                log.written.append("shard lost")
            await until(lambda: kept.count("shard_lost") == 4)
        assert called.patterns == ["shard_lost"]

    runner.run(scenario())


def test_who_is_called_and_fails_does_not_stop_the_reading(runner, client):
    async def fails(*_: object) -> None:
        raise RuntimeError("nobody there")

    async def scenario() -> None:
        log, kept = Log("shard lost"), Kept()
        async with working(client, log, kept, fails) as queue:
            await watching(client, queue)
            await until(lambda: len(kept.windows) >= 2)
        assert kept.count("shard_lost") == 1

    runner.run(scenario())


def test_a_reading_costs_six_events_and_replays(runner, client):
    async def scenario() -> None:
        log, kept = Log("shard lost", "a line that nobody knows"), Kept()
        async with working(client, log, kept) as queue:
            handle = await watching(client, queue)
            await until(lambda: len(kept.windows) >= 4)
        history = await handle.fetch_history()
        sizes = [
            event.ByteSize() for event in history.events if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED
        ]
        assert max(sizes) < 16 * 1024
        timers = sum(event.event_type == EventType.EVENT_TYPE_TIMER_FIRED for event in history.events)
        assert len(history.events) <= 4 + 6 * (timers + 1)
        replayer = Replayer(workflows=[LogWatcherWorkflow], plugins=[sdk_plugin()])
        assert (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure is None

    runner.run(scenario())


def test_watchers_come_and_go_with_the_settings(runner, client):
    async def scenario() -> None:
        log, kept = Log(), Kept()
        names = [f"cluster-{uuid.uuid4().hex[:8]}" for _ in range(2)]
        async with working(client, log, kept) as queue:
            supervisor = LogSupervisor(client, task_queue=queue)
            await supervisor.tend(dict.fromkeys(names, 1.0))
            await until(lambda: len(kept.windows) >= 2)
            before: LogState = (await client.get_workflow_handle(PREFIX + names[0]).query("status"))["state"]
            await supervisor.tend({names[0]: 2.0})
            status = await client.get_workflow_handle_for(LogWatcherWorkflow.run, PREFIX + names[0]).query(
                LogWatcherWorkflow.status
            )
            assert status.cycle == 2.0
            # It goes on where it was: nothing is read twice because of another cycle.
            assert status.state.since >= Instant.parse_iso(before["since"])
            gone = await client.get_workflow_handle(PREFIX + names[1]).describe()
            assert gone.status is not None
            assert gone.status.name in {"CANCELED", "TERMINATED"}
            await supervisor.tend({})

    runner.run(scenario())
