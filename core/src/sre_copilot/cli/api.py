"""``sre-copilot api``."""

from __future__ import annotations

import asyncio
import ipaddress
from functools import partial

from sre_copilot.api import ApiServer, make_app
from sre_copilot.cli.context import Context, load_context
from sre_copilot.cli.running import run_until_told, say, state_database
from sre_copilot.settings import FILE_NAME, Flag
from sre_copilot.store import Store
from sre_copilot_hookspecs import SettingsError, StateDatabase


def api(*, host: str | None = None, port: int | None = None) -> int:
    """Serve the JSON API from the database that workers write to, until SIGTERM or Ctrl-C.

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
    return run_until_told(partial(_serve, context, database))


async def _serve(context: Context, database: StateDatabase | str, stop: asyncio.Event) -> None:
    wanted = context.settings.api
    async with (
        await Store.open(database) as store,
        await ApiServer.start(make_app(store), host=wanted.host, port=wanted.port) as server,
    ):
        say(f"API: {server.url}/status")
        if not _is_loopback(wanted.host):
            say(f"Anyone who reaches {wanted.host} can read it: the API does not ask who is there.")
        told, ended = asyncio.create_task(stop.wait()), asyncio.create_task(server.wait())
        await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
