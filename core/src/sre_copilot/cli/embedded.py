"""The servers of ``sre-copilot up`` that the settings do not name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from sre_copilot.cli.context import Context
from sre_copilot.cli.running import state_database
from sre_copilot.cli.stored import NAME
from sre_copilot.settings.embedded import EmbeddedNote
from sre_copilot.store import Store
from sre_copilot.workflows.duty import ServerLost
from sre_copilot_hookspecs import (
    Environment,
    SettingsError,
    StateDatabase,
    TemporalConnection,
    TemporalEndpoints,
)

LOOK_EVERY = 2.0
"""Seconds between two looks at an embedded server."""
LOST_AFTER = 3
"""Looks without an answer after which it is lost."""


@attrs.frozen
class Servers:
    """What the copilot runs on."""

    temporal: TemporalConnection
    database: StateDatabase | str = attrs.field(repr=False)


class Embedded:
    """Starts what is missing, watches it, and stops it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._environment: Environment | None = None
        self._temporal: TemporalEndpoints | None = None
        self._database = False

    async def start(self, say: Callable[[str], None]) -> Servers:
        """The servers of the settings, and embedded ones for the rest.

        :raises SettingsError: if one is missing and no plugin can start it.
        :raises EnvironmentUnavailable: if one does not become ready.
        """
        connection, database = self._context.settings.temporal, state_database(self._context)
        if connection is None:
            say("Starting the copilot's own Temporal server.")
            self._temporal = await asyncio.to_thread(self._open().start_temporal, NAME)
            connection = TemporalConnection(address=self._temporal.address)
            say(f"Temporal: {connection.address}")
        if database is None:
            say("Starting PostgreSQL.")
            database = await asyncio.to_thread(self._open().start_database, NAME)
            self._database = True
        if self._environment is not None:
            own = connection.address if self._temporal is not None else None
            url = database if self._database and isinstance(database, str) else None
            EmbeddedNote(url, own).write(self._environment.folder)
        return Servers(connection, database)

    def close(self) -> None:
        """Stop what was started."""
        if self._environment is not None:
            self._environment.close()

    async def notice_loss(self, store: Store) -> None:
        """Return never, as long as every embedded server answers.

        :raises ServerLost: if one does not any more, naming it.
        """
        misses = {"temporal": 0, "database": 0}
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._temporal is not None:
                misses["temporal"] = 0 if await _listens(self._temporal.address) else misses["temporal"] + 1
            if self._database:
                misses["database"] = 0 if await store.reachable() else misses["database"] + 1
            if misses["temporal"] >= LOST_AFTER:
                assert self._temporal is not None
                raise ServerLost(f"The embedded Temporal server ended; its log is {self._temporal.log_path}.")
            if misses["database"] >= LOST_AFTER:
                assert self._environment is not None
                raise ServerLost(f"The embedded PostgreSQL ended; its log is in {self._environment.folder}.")

    def _open(self) -> Environment:
        if self._environment is None:
            folder = self._context.settings.data_folder
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as failure:
                raise SettingsError(f"copilot.data_folder {folder} cannot be made: {failure.strerror}") from failure
            self._environment = self._context.manager.first("copilot_environments", folder=folder)
            if self._environment is None:
                raise SettingsError(
                    "no plugin brings servers along; install sre-copilot[local], or set"
                    " copilot.temporal.address and copilot.database_url"
                )
        return self._environment


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True
