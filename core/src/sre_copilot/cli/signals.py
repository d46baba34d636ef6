"""``sre-copilot signals``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sre_copilot.api.client import ApiUnreachable

if TYPE_CHECKING:
    from rich.console import Console

    from sre_copilot.cli.signal_rows import Picture
    from sre_copilot.cli.signal_table import Table

CYCLE = 1.0
"""Seconds between two readings: windows shrink with it, so that rates are there in a moment."""

PIPE_WIDTH = 200
"""Columns of a table that goes into a pipe or a file."""


def signals(
    *,
    cluster: str | None = None,
    json: bool = False,
    watch: bool = False,
    explain: str | None = None,
    api: str | None = None,
    live: bool = False,
    cycle: float = CYCLE,
) -> None:
    """Show what is measured on a cluster: every value, or the reason it is missing.

    Asks the running API for its newest reading. Where none answers, the cluster is read directly.

    :param cluster: the cluster to show; may be left out where there is one.
    :param json: print JSON instead of a table, one line for each reading.
    :param watch: go on until Ctrl-C, and draw how values move.
    :param explain: tell all about one signal: what it asks, how it is measured, and what its targets call that.
    :param api: where the API is, such as http://127.0.0.1:8080, instead of the settings' api.host and api.port.
    :param live: read the cluster directly even where an API answers.
    :param cycle: seconds between two direct readings. Give 30 where they come from a Prometheus server.
    """
    from sre_copilot_hookspecs import CopilotError

    if not 0.5 <= cycle <= 300:
        raise CopilotError(f"--cycle is {cycle:g}; it must lie between 0.5 and 300 seconds")
    if explain is not None:
        from sre_copilot.cli.signal_explanation import show_explanation

        asyncio.run(show_explanation(explain, cluster, cycle, as_json=json))
        return
    asyncio.run(_show(_pictures(cluster, api, cycle, live=live), json=json, watch=watch))


async def _pictures(cluster: str | None, api: str | None, cycle: float, *, live: bool) -> AsyncGenerator[Picture]:
    from sre_copilot.cli.signal_rows import live_pictures, served_pictures

    served = None if live else served_pictures(cluster, api)
    try:
        first = next(served) if served is not None else None
    except ApiUnreachable:
        if api is not None:
            raise
        first = None
    if served is not None and first is not None and (first.at is not None or api is not None):
        yield first
        for picture in served:
            await asyncio.sleep(CYCLE)
            yield picture
    # Nobody serves a reading: look ourselves.
    async for picture in live_pictures(cluster, cycle):
        yield picture


async def _show(pictures: AsyncGenerator[Picture], *, json: bool, watch: bool) -> None:
    from contextlib import aclosing

    from rich.console import Console

    from sre_copilot.cli.signal_table import Table

    terminal = Console()
    console, table = terminal if terminal.is_terminal else Console(width=PIPE_WIDTH), Table()
    async with aclosing(pictures) as found:
        if watch and console.is_terminal and not json:
            await _watch(found, console, table)
            return
        async for picture in found:
            # Rates need several readings; the first ones would show too little, or too low.
            if not (picture.complete or watch):
                continue
            if json:
                sys.stdout.write(picture.to_json() + "\n")
            else:
                console.print(table.of(picture, moving=watch, width=console.width), soft_wrap=True)
            sys.stdout.flush()
            if not watch:
                return


async def _watch(pictures: AsyncGenerator[Picture], console: Console, table: Table) -> None:
    from rich.live import Live

    with Live(console=console, auto_refresh=False, screen=True) as screen:
        async for picture in pictures:
            screen.update(table.of(picture, moving=True, width=console.width), refresh=True)
