"""The store as commands open it: the one of the settings, or that of embedded servers, running or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sre_copilot.cli.context import Context
from sre_copilot.cli.running import state_database
from sre_copilot.settings.embedded import EmbeddedNote
from sre_copilot.store import KnownCluster, Store
from sre_copilot_hookspecs import CopilotError, SettingsError
from sre_copilot_hookspecs.nearest import did_you_mean

NAME = "copilot"
"""Of the embedded servers and of the database; their data is found again by it."""
ANSWERS_WITHIN = 3.0
"""Seconds in which an embedded database that runs is found."""
DEADLINE = 30.0
"""Seconds that one question to the store may take: nobody's cycle waits for it here."""


@asynccontextmanager
async def open_store(context: Context) -> AsyncIterator[Store]:
    """The store of the settings, or the embedded one; started for a while where its owner has ended.

    :raises SettingsError: if there is none.
    :raises StorageUnavailable: if it does not answer.
    """
    note = EmbeddedNote.read(context.settings.data_folder)
    database = state_database(context) or note.database_url
    if database is None:
        raise SettingsError(
            "copilot.database_url is not set, and nothing embedded has run here; decisions are kept once"
            " sre-copilot up or sre-copilot worker watches a cluster"
        )
    if database == note.database_url and not await _answers(note.database_url):
        async with _restarted(context) as store:
            yield store
        return
    async with await Store.open(database, deadline=DEADLINE) as store:
        await store.migrate()
        yield store


async def _answers(url: str) -> bool:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=ANSWERS_WITHIN)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


@asynccontextmanager
async def _restarted(context: Context) -> AsyncIterator[Store]:
    environment = context.manager.first("copilot_environments", folder=context.settings.data_folder)
    if environment is None:
        raise SettingsError("no plugin brings servers along; install sre-copilot[local], or set copilot.database_url")
    try:
        database = await asyncio.to_thread(environment.start_database, NAME)
        async with await Store.open(database, deadline=DEADLINE) as store:
            await store.migrate()
            yield store
    finally:
        await asyncio.shield(asyncio.to_thread(environment.close))


def choose(clusters: tuple[KnownCluster, ...], wanted: str | None) -> tuple[KnownCluster, ...]:
    """The clusters a command is about: the one that is named, or all.

    :raises CopilotError: if there is none, or none of that name.
    """
    if not clusters:
        raise CopilotError("nothing was decided about any cluster yet")
    if wanted is None:
        return clusters
    found = tuple(cluster for cluster in clusters if cluster.name == wanted)
    if not found:
        raise CopilotError(f"there is no cluster {wanted!r}{did_you_mean(wanted, [each.name for each in clusters])}")
    return found


def choose_one(names: tuple[str, ...], wanted: str | None) -> str:
    """The one cluster a command is about.

    :raises CopilotError: if it has to be named, or there is none of that name.
    """
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None:
        raise CopilotError(f"name one of the clusters with --cluster: {', '.join(names) or 'there are none yet'}")
    if wanted not in names:
        raise CopilotError(f"there is no cluster {wanted!r}{did_you_mean(wanted, names)}")
    return wanted
