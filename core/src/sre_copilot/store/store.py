"""The store: every word the copilot keeps about clusters goes through this class."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from whenever import Instant

from sre_copilot.explain.status import StatusDocument
from sre_copilot.health.encoding import from_json
from sre_copilot.health.memory import Memory
from sre_copilot.health.receipt import Receipt
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.store import clusters, decisions, queries, rulesets
from sre_copilot.store.database import FixedDatabase
from sre_copilot.store.migrate import migrate
from sre_copilot.store.retention import prune
from sre_copilot.store.rows import ClusterHead, KnownCluster, Stretches, Timeline
from sre_copilot.store.text import storable
from sre_copilot.store.transactions import Transactions
from sre_copilot_hookspecs import StateChange, StateDatabase

DEADLINE = 3.0
"""Seconds a call takes at most: a database that is down must not stop an observation cycle of 30 s."""
RECEIPTS_AT_ONCE = 200
NO_ID = uuid.UUID(int=0)


class Store:
    """Decisions, state changes, rulesets and clusters in one database.

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
                yield from_json(row["receipt"], Receipt)
            if len(page) < RECEIPTS_AT_ONCE:
                return
            since, after = page[-1]["at"], page[-1]["id"]

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
        """Delete decisions and state changes from before an instant, and return how many rows went."""
        return await prune(self._transactions, before)


async def _nothing() -> None:
    """What is done about the tables by those who only read."""
