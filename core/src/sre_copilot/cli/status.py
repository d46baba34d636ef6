"""``sre-copilot status``."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from sre_copilot.api.client import ApiClient, ApiUnreachable
from sre_copilot.cli.words import STYLES, moment

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from sre_copilot.settings import Settings

WATCH_EVERY = 2.0
"""Seconds between two looks."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not listened on
"""Where to ask an API that listens on every address."""

TOKEN_VARIABLE = "SRE_COPILOT_API_TOKEN"  # noqa: S105 - the name of a variable
"""What ``api.token`` is called in the environment."""


def status(
    *,
    cluster: str | None = None,
    watch: bool = False,
    all: bool = False,  # noqa: A002 - what the option is called
    json: bool = False,
    api: str | None = None,
) -> None:
    """Show the state of every cluster, or all about one.

    :param cluster: the cluster to show; may be left out where there is one.
    :param watch: go on showing it until Ctrl-C.
    :param all: show every gate, and what is known about every primary signal.
    :param json: print the object that the API's /status returns, in one line for each look.
    :param api: where the API is, such as http://127.0.0.1:8080, instead of the settings' api.host and api.port.
    """
    client = api_client(api)
    if not watch:
        _show_once(client, cluster, whole=all, json=json)
        return
    _watch(client, cluster, whole=all, json=json)


def api_client(url: str | None) -> ApiClient:
    """The API that is named, or the one of the settings.

    :raises CopilotError: if the settings do not say where it is.
    """
    if url is not None:
        # The settings here need not be those of an API elsewhere, so only its token is taken from outside.
        return ApiClient(url, os.environ.get(TOKEN_VARIABLE) or None)
    from sre_copilot.cli.context import load_context

    settings = load_context(on_failure=None).settings
    return ApiClient(_url_of(settings), settings.api.token)


def _url_of(settings: Settings) -> str:
    host, port = EVERYWHERE.get(settings.api.host, settings.api.host), settings.api.port
    if port == 0:
        raise ApiUnreachable("api.port is 0, which is any free port; say with --api where the API is.")
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _show_once(client: ApiClient, cluster: str | None, *, whole: bool, json: bool) -> None:
    if json:
        sys.stdout.write(client.text("/status", cluster=cluster) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console

    console = Console()
    console.print(_picture(client, cluster, console, whole=whole), soft_wrap=True)


def _watch(client: ApiClient, cluster: str | None, *, whole: bool, json: bool) -> None:
    from rich.console import Console

    console = Console()
    if json or not console.is_terminal:
        while True:
            _show_once(client, cluster, whole=whole, json=json)
            time.sleep(WATCH_EVERY)
    from rich.live import Live

    # What is wrong at the first look is said and ends the command; later it may pass.
    with Live(
        _picture(client, cluster, console, whole=whole), console=console, auto_refresh=False, screen=True
    ) as live:
        while True:
            time.sleep(WATCH_EVERY)
            try:
                live.update(_picture(client, cluster, console, whole=whole), refresh=True)
            except ApiUnreachable as trouble:
                live.update(str(trouble), refresh=True)


def _picture(client: ApiClient, cluster: str | None, console: Console, *, whole: bool) -> RenderableType:
    from rich.console import Group

    from sre_copilot.cli.page_lines import Lines
    from sre_copilot.cli.status_page import page

    if cluster is None:
        clusters = client.document("/clusters")
        if len(clusters) > 1:
            return _all(clusters)
    document = client.document("/status", cluster=cluster)
    gates = client.document("/status/gates", cluster=cluster)
    # Whoever reads a pipe looks for sentences, unless a width is asked for.
    wraps = console.is_terminal or "COLUMNS" in os.environ
    return Group(*page(document, gates, Lines(console.width if wraps else None), whole=whole))


def _all(clusters: list[dict[str, Any]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("cluster", "state", "since", "cause", "reason"):
        table.add_column(heading, overflow="fold")
    for one in clusters:
        state = Text(one["health_state"], style=STYLES.get(one["health_state"], ""))
        table.add_row(Text(one["name"]), state, moment(one["since"]), Text(one["cause"]), Text(one["reason"]))
    return table
