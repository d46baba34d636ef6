"""What commands that run until they are told to stop have in common."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

from sre_copilot.cli.context import Context
from sre_copilot.settings import FILE_NAME
from sre_copilot.workflows.duty import ServerLost
from sre_copilot_hookspecs import SettingsError, StateDatabase

LOST = 1


def run_until_told(work: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Run ``work`` in an event loop, with an event that is set by SIGTERM and Ctrl-C; a second one ends it at once.

    :return: 0 after an ordered end, 1 if a server was lost, which is said in one sentence.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("sre_copilot").setLevel(logging.INFO)
    try:
        asyncio.run(_told(work))
    except ServerLost as loss:
        sys.stderr.write(f"sre-copilot: {loss}\n")
        return LOST
    return 0


async def _told(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def told() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    with contextlib.suppress(asyncio.CancelledError):
        await work(stop)


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def need_clusters(context: Context) -> None:
    """Refuse to run without anything to watch.

    :raises SettingsError: with what to write where.
    """
    if context.settings.clusters:
        return
    raise SettingsError(
        f"no cluster is set up; write into {context.settings.file or FILE_NAME}, for a Temporal frontend at"
        ' HOST:7233: [clusters.prod] and, on the next line, temporal.address = "HOST:7233"'
    )


def state_database(context: Context) -> StateDatabase | str | None:
    """Where decisions are kept: the URL of the settings, or else what a plugin offers."""
    if context.settings.copilot.database_url is not None:
        return context.settings.copilot.database_url
    database: StateDatabase | None = context.manager.first("copilot_state_database", settings=context.settings)
    return database
