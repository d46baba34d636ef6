"""``sre-copilot up``: everything in one process, with embedded servers for what the settings leave open."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from sre_copilot.api import ApiServer, app_for
from sre_copilot.api.access import access_of
from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.embedded import Embedded, Servers
from sre_copilot.cli.running import need_clusters, run_until_told, say
from sre_copilot.settings import Flag
from sre_copilot.store import Store
from sre_copilot.workflows.connection import connect_own
from sre_copilot.workflows.duty import watch_clusters
from sre_copilot.workflows.models import make_models


def up(*, host: str | None = None, port: int | None = None) -> int:
    """Run everything: the worker that watches the clusters of sre-copilot.toml, and the API.

    A Temporal server and a PostgreSQL are started for what the settings do not name; their data is kept and
    found again. Stop with SIGTERM or Ctrl-C.

    Parameters
    ----------
    host
        Address the API listens on, instead of api.host.
    port
        Port the API listens on, instead of api.port; 0 takes a free one.
    """
    flags = {"host": Flag("--host", host), "port": Flag("--port", port)}
    given = {name: flag for name, flag in flags.items() if flag.value is not None}
    context = load_context({"api": given})
    need_clusters(context)
    access_of(context.settings.api)  # refuses, before anything is started, to be open to everybody
    return run_until_told(partial(_up, context))


async def _up(context: Context, stop: asyncio.Event) -> None:
    embedded = Embedded(context)
    try:
        servers = await embedded.start(say)
        if not stop.is_set():
            await _serve(context, embedded, servers, stop)
    finally:
        # Not even a second Ctrl-C may leave a server behind.
        await asyncio.shield(asyncio.to_thread(embedded.close))


async def _serve(context: Context, embedded: Embedded, servers: Servers, stop: asyncio.Event) -> None:
    wanted = context.settings.api
    async with (
        await Store.open(servers.database, makes_tables=True) as store,
        await ApiServer.start(app_for(wanted, store), host=wanted.host, port=wanted.port) as api,
    ):
        models = await asyncio.to_thread(make_models, context.manager, context.settings)
        client = await connect_own(servers.temporal, models.plugins)
        say(f"Watching {', '.join(cluster.name for cluster in context.settings.clusters)}.")
        say(f"Page: {api.url}/")
        say(f"API: {api.url}/status")
        watching = asyncio.create_task(watch_clusters(context.manager, context.settings, client, store, stop, models))
        losing = asyncio.create_task(embedded.notice_loss(store))
        await asyncio.wait({watching, losing}, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        losing.cancel()
        await watching
        with contextlib.suppress(asyncio.CancelledError):
            await losing
