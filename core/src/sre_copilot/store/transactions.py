"""Work in the database under a deadline: conflicts and lost connections are tried again, as a whole."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from sre_copilot.store.connections import Connections
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.store.failures import FAILURES, as_unavailable, is_conflict, is_ddl_race, is_lost
from sre_copilot_hookspecs import StateDatabase

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

T = TypeVar("T")
Work = Callable[["Pooled"], Awaitable[T]]

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
ASK_AGAIN_AFTER = 0.25
ASK_AGAIN_AT_MOST = 5.0
"""Seconds between two questions to a database that is down: the first and the longest pause."""
RETIRE_AFTER = 50 * 60.0
"""Seconds. Aurora DSQL ends a connection after 60 minutes, in the middle of its work."""

log = logging.getLogger(__name__)


class Transactions:
    """Runs work on the pool, and knows whether the database answers."""

    def __init__(self, database: StateDatabase, *, deadline: float) -> None:
        self._connections = Connections(database)
        self._deadline = deadline
        self._trouble: str | None = None
        self._is_lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._is_ready = False

    @property
    def connected(self) -> bool:
        """Whether the database answered when it was last asked, and all is done that was to be done first."""
        return self._is_ready and self._trouble is None

    async def open(self, when_reached: Callable[[], Awaitable[object]]) -> None:
        """Start to look for the database, and call ``when_reached`` once it answers."""
        await self._connections.open()
        self._is_lost.set()
        self._keeper = asyncio.create_task(self._keep(when_reached), name="store keeper")

    async def close(self) -> None:
        """Stop looking for the database and end every connection."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._connections.close()

    async def read(self, work: Work[T]) -> T:
        """Run work that changes nothing. While the database is known to be down it fails at once.

        :raises StorageUnavailable: if the database does not answer within the deadline, or refuses.
        """
        if self._trouble is not None:
            raise StorageUnavailable(self._trouble)
        return await self._retrying(work, is_conflict)

    async def write(self, work: Work[T]) -> T:
        """Run idempotent work in one transaction, again and again until it succeeds or the deadline is over.

        A connection lost at commit leaves open whether the work is done, so doing it twice must be harmless.

        :raises StorageUnavailable: if the deadline is over, or the database refuses.
        """

        async def in_transaction(connection: Pooled) -> T:
            async with connection.transaction():
                return await work(connection)

        return await self._retrying(in_transaction, is_conflict)

    async def define(self, statement: str) -> None:
        """Run one schema statement, in the transaction that the server makes around it.

        :raises StorageUnavailable: if the deadline is over, or the database refuses.
        """

        async def alone(connection: Pooled) -> None:
            await connection.execute(statement)

        await self._retrying(alone, is_ddl_race)

    async def ping(self, within: float) -> bool:
        """Ask the database for an answer now."""
        try:
            await self._attempt(_ping, asyncio.get_running_loop().time() + within)
        except FAILURES:
            return False
        return True

    async def _retrying(self, work: Work[T], is_worth_it: Callable[[Exception], bool]) -> T:
        clock = asyncio.get_running_loop().time
        end = clock() + self._deadline
        for attempt in itertools.count():
            try:
                return await self._attempt(work, end)
            except FAILURES as error:
                pause = _pause(attempt)
                if not (is_worth_it(error) or is_lost(error)) or clock() + pause >= end:
                    raise as_unavailable(error, self._connections.place) from error
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _attempt(self, work: Work[T], end: float) -> T:
        try:
            async with asyncio.timeout_at(end), self._connections.one() as connection:
                done = await work(connection)
        except FAILURES as error:
            if is_lost(error):
                self._note_loss(as_unavailable(error, self._connections.place))
                # What one connection met, the others will: they are as old, and lead to the same server.
                await self._connections.retire()
            raise
        self._trouble = None
        return done

    def _note_loss(self, trouble: StorageUnavailable) -> None:
        if self._trouble is None:
            log.warning("%s", trouble)
        self._trouble = str(trouble)
        self._is_lost.set()

    async def _keep(self, when_reached: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                async with asyncio.timeout(RETIRE_AFTER):
                    await self._is_lost.wait()
            except TimeoutError:
                await self._connections.retire()
                continue
            await self._until_it_answers()
            self._is_lost.clear()
            try:
                await when_reached()
                self._is_ready = True
            except StorageUnavailable as trouble:
                self._note_loss(trouble)
                await asyncio.sleep(ASK_AGAIN_AFTER)

    async def _until_it_answers(self) -> None:
        pause = ASK_AGAIN_AFTER
        while not await self.ping(self._deadline):
            await asyncio.sleep(pause)
            pause = min(pause * 2, ASK_AGAIN_AT_MOST)


def _pause(attempt: int) -> float:
    # S311: this only keeps writers that collided from colliding again.
    return min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.5)  # noqa: S311


async def _ping(connection: Pooled) -> None:
    await connection.fetchval("SELECT 1")
