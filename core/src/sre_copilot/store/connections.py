"""The one pool of a process: connections with fresh credentials, retired before the database ends them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg

from sre_copilot.store.database import place_of
from sre_copilot.store.errors import StorageUnavailable
from sre_copilot.store.failures import FAILURES, as_unavailable
from sre_copilot.store.instants import teach_instants
from sre_copilot_hookspecs import CopilotError, StateDatabase

if TYPE_CHECKING:
    from typing import TypeAlias

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Pooled: TypeAlias = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

POOL_SIZE = 4
IDLE_LIFETIME = 300.0
"""Seconds after which an unused connection is closed."""
GOODBYE_WITHIN = 1.0


class Connections:
    """A pool that needs no database when it is made, and finds one when it is back."""

    def __init__(self, database: StateDatabase) -> None:
        self.place = f"state database {database.key!r}"
        """In words, without secrets; more exact once a connection was tried."""
        self._database = database
        # Nothing is connected before it is needed, so a database that is down stops nobody here. And nothing
        # is reset between two uses: no statement of ours changes a session, and Aurora DSQL refuses the usual
        # reset.
        self._pool = asyncpg.create_pool(
            min_size=0,
            max_size=POOL_SIZE,
            max_inactive_connection_lifetime=IDLE_LIFETIME,
            connect=self._connect,
            init=teach_instants,
            reset=_leave_as_it_is,
        )

    async def open(self) -> None:
        """Make the pool. Connects to nothing."""
        await self._pool

    async def close(self) -> None:
        """End every connection, also those that do not answer any more."""
        with suppress(*FAILURES):
            async with asyncio.timeout(GOODBYE_WITHIN):
                await self._pool.close()

    async def retire(self) -> None:
        """Let every connection be replaced by a new one at its next use."""
        await self._pool.expire_connections()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Pooled]:
        """A connection for a while.

        :raises StorageUnavailable: if none can be made.
        """
        try:
            connection = await self._pool.acquire()
        except FAILURES as error:
            raise as_unavailable(error, self.place) from error
        try:
            yield connection
        except asyncio.CancelledError:
            # Whoever ran out of time does not wait again, for the answer to a request to stop.
            connection.terminate()
            raise
        finally:
            # The work is done, or its own error is on the way; what breaks now is dropped by the pool.
            with suppress(*FAILURES):
                await self._pool.release(connection, timeout=GOODBYE_WITHIN)

    async def _connect(self, *_arguments: object, **options: Any) -> Connection:
        try:
            url = await self._database.connection_url()
        except CopilotError as error:
            raise StorageUnavailable(str(error)) from error
        except Exception as error:
            raise StorageUnavailable(
                f"State database {self._database.key!r} gave no address to connect to: {error}"
            ) from error
        self.place = place_of(url)
        return await asyncpg.connect(url, **options)


async def _leave_as_it_is(_connection: object) -> None:
    """What is done to a connection between two uses: nothing."""
