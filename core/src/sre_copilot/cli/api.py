"""``sre-copilot api``."""

from __future__ import annotations

import asyncio
from functools import partial

from sre_copilot.api import ApiServer, app_for
from sre_copilot.api.access import access_of
from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.running import run_until_told, say, state_database
from sre_copilot.settings import FILE_NAME, Flag
from sre_copilot.store import Store
from sre_copilot_hookspecs import SettingsError, StateDatabase


def api(*, host: str | None = None, port: int | None = None) -> int:
    """Serve the status page and the JSON API from the database that workers write to, until SIGTERM or Ctrl-C.

    It starts, and goes on, while the database is down.

    :param host: address to listen on, instead of api.host.
    :param port: port to listen on, instead of api.port; 0 takes a free one.
    """
    flags = {"host": Flag("--host", host), "port": Flag("--port", port)}
    context = load_context({"api": {name: flag for name, flag in flags.items() if flag.value is not None}})
    database = state_database(context)
    if database is None:
        raise SettingsError(
            f"no database is set; write copilot.database_url into {context.settings.file or FILE_NAME}."
            " Where sre-copilot up runs, it serves the API itself"
        )
    access_of(context.settings.api)  # refuses, before anything is started, to be open to everybody
    return run_until_told(partial(_serve, context, database))


async def _serve(context: Context, database: StateDatabase | str, stop: asyncio.Event) -> None:
    wanted = context.settings.api
    async with (
        await Store.open(database) as store,
        await ApiServer.start(app_for(wanted, store), host=wanted.host, port=wanted.port) as server,
    ):
        say(f"Page: {server.url}/")
        say(f"API: {server.url}/status")
        told, ended = asyncio.create_task(stop.wait()), asyncio.create_task(server.wait())
        await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
