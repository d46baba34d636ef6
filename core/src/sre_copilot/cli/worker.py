"""``sre-copilot worker``: the role that watches clusters, in production."""

from __future__ import annotations

import asyncio
from functools import partial

from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.running import need_clusters, run_until_told, say, state_database
from sre_copilot.store import Store
from sre_copilot.workflows.connection import connect_own
from sre_copilot.workflows.duty import watch_clusters
from sre_copilot.workflows.models import make_models
from sre_copilot_hookspecs import SettingsError, StateDatabase, TemporalConnection


def worker() -> int:
    """Run the workflows that watch clusters, on a Temporal server and a database of your own.

    Any number of workers may run; each takes its share. Stop with SIGTERM or Ctrl-C.
    """
    context = load_context()
    need_clusters(context)
    connection, database = context.settings.temporal, state_database(context)
    if connection is None:
        raise SettingsError(
            "copilot.temporal.address is not set; a worker needs a Temporal server of its own."
            " sre-copilot up brings one along"
        )
    if database is None:
        raise SettingsError(
            "copilot.database_url is not set; a worker needs a PostgreSQL to keep decisions in."
            " sre-copilot up brings one along"
        )
    return run_until_told(partial(_work, context, connection, database))


async def _work(
    context: Context, connection: TemporalConnection, database: StateDatabase | str, stop: asyncio.Event
) -> None:
    async with await Store.open(database, makes_tables=True) as store:
        models = await asyncio.to_thread(make_models, context.manager, context.settings)
        client = await connect_own(connection, models.plugins)
        names = ", ".join(cluster.name for cluster in context.settings.clusters)
        say(f"Watching {names} on Temporal at {connection.address}.")
        await watch_clusters(context.manager, context.settings, client, store, stop, models)
