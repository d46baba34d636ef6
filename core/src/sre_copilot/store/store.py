"""The store: every word the copilot keeps about clusters goes through this class."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from whenever import Instant

from sre_copilot.explain.assessment import Assessment
from sre_copilot.explain.status import IssueRow, StatusDocument
from sre_copilot.health.columns import Columns
from sre_copilot.health.encoding import from_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.narrative.summary import WindowSummary
from sre_copilot.store import (
    assessments,
    clusters,
    decisions,
    issues,
    log_gates,
    logs,
    notifications,
    queries,
    readings,
    rulesets,
)
from sre_copilot.store.database import FixedDatabase
from sre_copilot.store.migrate import migrate
from sre_copilot.store.retention import prune, prune_readings
from sre_copilot.store.rows import (
    AttachedWindow,
    ClusterHead,
    KeptReceipt,
    KnownCluster,
    LoggedPattern,
    LogWindow,
    NotificationRow,
    Stretches,
    Timeline,
)
from sre_copilot.store.text import storable
from sre_copilot.store.transactions import Transactions
from sre_copilot_hookspecs import Reading, StateChange, StateDatabase

DEADLINE = 3.0
"""Seconds a call takes at most: a database that is down must not stop an observation cycle of 30 s."""
RECEIPTS_AT_ONCE = 200
NO_ID = uuid.UUID(int=0)


class Store:
    """Decisions, state changes, issues, assessments, rulesets and clusters in one database.

    Every method ends within the deadline, except those that go on as long as there is something to do:
    :meth:`prune`, :meth:`receipts` and a :meth:`record` of hundreds. All raise :class:`StorageUnavailable`
    when the database cannot do it; nothing is then half written, and the call may be made again at any time.
    """

    def __init__(
        self,
        database: StateDatabase | str,
        *,
        deadline: float = DEADLINE,
        clock: Callable[[], Instant] = Instant.now,
    ) -> None:
        self._database = FixedDatabase(database) if isinstance(database, str) else database
        self._transactions = Transactions(self._database, deadline=deadline)
        self._clock = clock

    @classmethod
    async def open(
        cls,
        database: StateDatabase | str,
        *,
        makes_tables: bool = False,
        deadline: float = DEADLINE,
        clock: Callable[[], Instant] = Instant.now,
    ) -> Store:
        """A store on ``database``, which need not be up: it is looked for in the background.

        :param makes_tables: whether to migrate by itself as soon as the database answers.
        :param deadline: seconds after which a call gives up.
        """
        store = cls(database, deadline=deadline, clock=clock)
        await store._transactions.open(store.migrate if makes_tables else _nothing)
        return store

    async def close(self) -> None:
        """End every connection."""
        await self._transactions.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """Whether the database answered when it was last asked, and has its tables if they are made here."""
        return self._transactions.connected

    async def reachable(self, within: float = 1.0) -> bool:
        """Ask the database for an answer now."""
        return await self._transactions.ping(within)

    async def migrate(self) -> tuple[int, ...]:
        """Bring the tables up to date and return the versions that were missing. Harmless at any time."""
        return await migrate(
            self._transactions,
            asynchronous_indexes=self._database.asynchronous_indexes,
            now=self._clock(),
        )

    async def record(self, receipts: Sequence[tuple[Receipt, StatusDocument]]) -> None:
        """Keep decisions with their state changes, each once however often it is recorded.

        :raises TooLargeToStore: if one does not fit into a column; then none is written.
        """
        for portion in decisions.in_portions(decisions.prepare(receipts)):
            await self._transactions.write(partial(decisions.insert, rows=portion))

    async def save_ruleset(self, ruleset: Ruleset) -> None:
        """Keep the rules that decide, once for each digest.

        :raises TooLargeToStore: if they do not fit into a column.
        """
        row = rulesets.ruleset_row(ruleset, self._clock())
        await self._transactions.write(lambda connection: connection.execute(rulesets.ADD, *row))

    async def ruleset(self, digest: str) -> Ruleset | None:
        """The rules with a digest."""
        return await self._transactions.read(partial(rulesets.find_ruleset, wanted=digest))

    async def ruleset_digests(self) -> tuple[str, ...]:
        """The digests of all rules that ever decided, the latest first."""
        return await self._transactions.read(rulesets.all_digests)

    async def latest_status(self, cluster: str) -> StatusDocument | None:
        """The status of the newest decision about a cluster."""
        return await self._transactions.read(partial(queries.latest_status, cluster=storable(cluster)))

    async def latest_statuses(self) -> dict[str, StatusDocument | None]:
        """The newest status of every watched cluster, ``None`` where nothing was decided yet."""
        return await self._transactions.read(queries.latest_statuses)

    async def heads(self) -> tuple[ClusterHead, ...]:
        """Every cluster that is or was observed, by name, with the id of its newest decision."""
        return await self._transactions.read(queries.heads)

    async def stretches(self, cluster: str, since: Instant, until: Instant, missed_cycles: float) -> Stretches:
        """How the state came about from ``since`` up to but not including ``until``.

        :param missed_cycles: how many cycles without a decision make a gap.
        """
        return await self._transactions.read(
            partial(queries.stretches, cluster=storable(cluster), since=since, until=until, missed_cycles=missed_cycles)
        )

    async def stepped_statuses(self, cluster: str, since: Instant, until: Instant, step: float) -> tuple[str, ...]:
        """The JSON of the last status in each step of ``step`` milliseconds that has one, oldest first."""
        return await self._transactions.read(
            partial(queries.stepped_statuses, cluster=storable(cluster), since=since, until=until, step=step)
        )

    async def last_memory(self, cluster: str) -> Memory | None:
        """What the newest decision handed to the next one."""
        receipt = await self._transactions.read(partial(queries.latest_receipt, cluster=storable(cluster)))
        return None if receipt is None else receipt.decision.memory

    async def status_at(self, decision_id: uuid.UUID | str) -> StatusDocument | None:
        """The status that was written with one decision; ``None`` also for what cannot be an id."""
        try:
            wanted = uuid.UUID(str(decision_id))
        except ValueError:
            return None
        return await self._transactions.read(partial(queries.status_at, decision=wanted))

    async def status_before(self, cluster: str, at: Instant) -> StatusDocument | None:
        """The status of the newest decision at or before an instant."""
        return await self._transactions.read(partial(queries.status_before, cluster=storable(cluster), at=at))

    async def save_assessment(self, assessment: Assessment) -> None:
        """Keep an assessment and its issues in one transaction, once however often it is saved.

        :raises TooLargeToStore: if it does not fit into a column.
        """
        row = assessments.assessment_row(assessment)
        about = issues.issue_records(assessment.cluster, assessment.issues)
        await self._transactions.write(partial(assessments.add, row=row, issues=about))

    async def latest_assessment(self, cluster: str) -> Assessment | None:
        """The newest assessment of a cluster."""
        return await self._transactions.read(partial(assessments.latest, cluster=storable(cluster)))

    async def assessment(self, assessment_id: uuid.UUID | str) -> Assessment | None:
        """The assessment with an id; ``None`` also for what cannot be an id."""
        try:
            wanted = uuid.UUID(str(assessment_id))
        except ValueError:
            return None
        return await self._transactions.read(partial(assessments.find, wanted=wanted))

    async def assessments(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[Assessment, ...]:
        """The first ``limit`` assessments from ``since`` up to but not including ``until``."""
        return await self._transactions.read(
            partial(assessments.between, cluster=storable(cluster), since=since, until=until, limit=limit)
        )

    async def open_issues(self, cluster: str, limit: int = 100) -> tuple[IssueRow, ...]:
        """Issues that are open, newest first."""
        return await self._transactions.read(partial(issues.open_issues, cluster=storable(cluster), limit=limit))

    async def issues(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[IssueRow, ...]:
        """The newest ``limit`` issues that were open at some time from ``since`` up to ``until``, newest first."""
        return await self._transactions.read(
            partial(issues.issues_between, cluster=storable(cluster), since=since, until=until, limit=limit)
        )

    async def note_notification(self, row: NotificationRow) -> None:
        """Keep what became of telling a state change; what was told once stays told."""
        await self._transactions.write(partial(notifications.note, row=row))

    async def notifications(
        self, cluster: str, since: Instant, until: Instant, limit: int
    ) -> tuple[NotificationRow, ...]:
        """The first ``limit`` notifications from ``since`` up to but not including ``until``."""
        return await self._transactions.read(
            partial(
                notifications.notifications_between, cluster=storable(cluster), since=since, until=until, limit=limit
            )
        )

    async def timeline(self, cluster: str, since: Instant, until: Instant, limit: int) -> Timeline:
        """The first ``limit`` decisions from ``since`` up to but not including ``until``."""
        return await self._transactions.read(
            partial(queries.timeline, cluster=storable(cluster), since=since, until=until, limit=limit)
        )

    async def state_changes(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[StateChange, ...]:
        """The first ``limit`` state changes from ``since`` up to but not including ``until``."""
        return await self._transactions.read(
            partial(queries.state_changes, cluster=storable(cluster), since=since, until=until, limit=limit)
        )

    async def receipts(self, cluster: str, since: Instant, until: Instant) -> AsyncIterator[Receipt]:
        """Every receipt of a span of time, oldest first, a few hundred in memory at once."""
        async for kept in self.kept_receipts(cluster, since, until):
            yield from_json(kept.text, Receipt)

    async def kept_receipts(self, cluster: str, since: Instant, until: Instant) -> AsyncIterator[KeptReceipt]:
        """Every receipt of a span of time as it is stored, oldest first."""
        after = NO_ID
        while True:
            page = await self._transactions.read(
                partial(
                    queries.receipts_page,
                    cluster=storable(cluster),
                    since=since,
                    until=until,
                    after=after,
                    limit=RECEIPTS_AT_ONCE,
                )
            )
            for row in page:
                yield KeptReceipt(row["engine"], row["receipt"])
            if len(page) < RECEIPTS_AT_ONCE:
                return
            since, after = page[-1]["at"], page[-1]["id"]

    async def record_logs(self, cluster: str, summary: WindowSummary) -> None:
        """Keep what a window of a cluster's log came to, once however often it is recorded."""
        await self._transactions.write(partial(logs.add, cluster=storable(cluster), summary=summary))

    async def log_patterns(
        self, cluster: str, since: Instant, until: Instant, *, service: str | None = None, limit: int
    ) -> tuple[LoggedPattern, ...]:
        """The first ``limit`` patterns of the windows that end after ``since``, and at ``until`` the latest."""
        return await self._transactions.read(
            partial(
                logs.patterns_between,
                cluster=storable(cluster),
                since=since,
                until=until,
                service=None if service is None else storable(service),
                limit=limit,
            )
        )

    async def attach_logs(self, cluster: str, attached: Sequence[AttachedWindow]) -> None:
        """Keep which gates the patterns of these windows accompanied, once however often it is recorded."""
        await self._transactions.write(partial(log_gates.add, cluster=storable(cluster), attached=attached))

    async def log_windows(self, cluster: str, since: Instant, until: Instant, limit: int) -> tuple[LogWindow, ...]:
        """The first ``limit`` windows that end after ``since``, and at ``until`` the latest."""
        return await self._transactions.read(
            partial(logs.windows_between, cluster=storable(cluster), since=since, until=until, limit=limit)
        )

    async def latest_log_window(self, cluster: str) -> LogWindow | None:
        """The newest window of a cluster's log; ``None`` where no log was ever read."""
        return await self._transactions.read(partial(logs.latest_window, cluster=storable(cluster)))

    async def pack_readings(self, cluster: str, before: Instant) -> int:
        """Put the readings of every hour that was over by ``before`` into columns; return how many hours that were.

        Hours that are packed stay as they are, unless decisions about them have arrived since.
        """
        name, end = storable(cluster), readings.hour_of(before)
        newest = await self._transactions.read(partial(readings.newest_hour, cluster=name))
        first = 0 if newest is None else newest - readings.LOOK_BACK
        recorded, packed = await self._hours(name, readings.start_of(first), readings.start_of(end))
        stale = [hour for hour, cycles in recorded.items() if hour < end and cycles > packed.get(hour, 0)]
        for hour in stale:
            blocks = readings.blocks_of(hour, await self._recorded_readings(name, hour))
            await self._transactions.write(
                partial(readings.replace_hour, cluster=name, hour=hour, blocks=blocks),
            )
        return len(stale)

    async def readings(self, cluster: str, since: Instant, until: Instant) -> AsyncIterator[Columns]:
        """The readings of a span of time in columns, oldest first, some hours in memory at once.

        Whole hours, so the first and the last block may reach beyond the span. What is not packed yet is read from
        the receipts.
        """
        name = storable(cluster)
        recorded, packed = await self._hours(name, since, until)
        loose = [hour for hour, cycles in recorded.items() if cycles > packed.get(hour, 0)]
        first, last, after = readings.hour_of(since), readings.hour_of(until), -1
        while True:
            page = await self._transactions.read(
                partial(readings.blocks_page, cluster=name, first=first, last=last, after=after)
            )
            for hour, _, text in page:
                while loose and loose[0] < hour:
                    for block in readings.blocks_of(loose[0], await self._recorded_readings(name, loose.pop(0))):
                        yield block.columns
                if not loose or loose[0] != hour:
                    yield readings.unpacked(text)
            if len(page) < readings.BLOCKS_AT_ONCE:
                break
            first, after = page[-1][0], page[-1][1]
        for hour in loose:
            for block in readings.blocks_of(hour, await self._recorded_readings(name, hour)):
                yield block.columns

    async def _hours(self, cluster: str, since: Instant, until: Instant) -> tuple[dict[int, int], dict[int, int]]:
        """How many cycles of each hour are recorded, and how many are packed."""
        first, last = readings.hour_of(since), readings.hour_of(until)
        # Whole hours: a part of one would look as if the rest were packed already.
        span = (readings.start_of(first), readings.start_of(last + 1))
        recorded = await self._transactions.read(
            partial(readings.recorded_hours, cluster=cluster, since=span[0], until=span[1])
        )
        packed = await self._transactions.read(partial(readings.packed_hours, cluster=cluster, first=first, last=last))
        return recorded, packed

    async def _recorded_readings(self, cluster: str, hour: int) -> list[Reading]:
        span = (readings.start_of(hour), readings.start_of(hour + 1))
        return [readings.reading_of(kept.text) async for kept in self.kept_receipts(cluster, *span)]

    async def clusters(self) -> tuple[KnownCluster, ...]:
        """Every cluster that is or was observed, by name."""
        return await self._transactions.read(clusters.all_clusters)

    async def register_cluster(self, name: str, cycle_seconds: float) -> None:
        """Note that a cluster is observed, and how often."""
        await self._transactions.write(
            partial(clusters.register, name=storable(name), cycle_seconds=cycle_seconds, now=self._clock())
        )

    async def remove_cluster(self, name: str) -> None:
        """Note that a cluster is not observed any more. What was decided stays until it is pruned."""
        await self._transactions.write(partial(clusters.remove, name=storable(name), now=self._clock()))

    async def prune(self, before: Instant) -> int:
        """Delete what was decided, assessed and told before an instant, and return how many rows went."""
        return await prune(self._transactions, before)

    async def prune_readings(self, before: Instant) -> int:
        """Delete packed readings from before an instant, and return how many rows went."""
        return await prune_readings(self._transactions, before)


async def _nothing() -> None:
    """What is done about the tables by those who only read."""
