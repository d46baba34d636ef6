"""``sre-copilot status``."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from sre_copilot.api.client import ApiClient, ApiUnreachable
from sre_copilot.api.told import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sre_copilot.settings import Settings

WATCH_EVERY = 2.0
"""Seconds between two looks."""
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not listened on
"""Where to ask an API that listens on every address."""

TOKEN_VARIABLE = "SRE_COPILOT_API_TOKEN"  # noqa: S105 - the name of a variable
"""What ``api.token`` is called in the environment."""

STYLES = {"happy": "green", "stressed": "yellow", "critical": "bold red", "unknown": "magenta"}
"""How a state, or a gate of that level, looks."""


def status(*, cluster: str | None = None, watch: bool = False, json: bool = False, api: str | None = None) -> None:
    """Show the state of every cluster, or all about one.

    :param cluster: the cluster to show; may be left out where there is one.
    :param watch: go on showing it until Ctrl-C.
    :param json: print the object that the API's /status returns, in one line for each look.
    :param api: where the API is, such as http://127.0.0.1:8080, instead of the settings' api.host and api.port.
    """
    client = api_client(api)
    if not watch:
        _show_once(client, cluster, json=json)
        return
    _watch(client, cluster, json=json)


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


def _show_once(client: ApiClient, cluster: str | None, *, json: bool) -> None:
    if json:
        sys.stdout.write(client.text("/status", cluster=cluster) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console

    Console().print(_picture(client, cluster), soft_wrap=True)


def _watch(client: ApiClient, cluster: str | None, *, json: bool) -> None:
    from rich.console import Console

    console = Console()
    if json or not console.is_terminal:
        while True:
            _show_once(client, cluster, json=json)
            time.sleep(WATCH_EVERY)
    from rich.live import Live

    # What is wrong at the first look is said and ends the command; later it may pass.
    with Live(_picture(client, cluster), console=console, auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(WATCH_EVERY)
            try:
                live.update(_picture(client, cluster), refresh=True)
            except ApiUnreachable as trouble:
                live.update(str(trouble), refresh=True)


def _picture(client: ApiClient, cluster: str | None) -> RenderableType:
    from rich.console import Group

    if cluster is None:
        clusters = client.document("/clusters")
        if len(clusters) > 1:
            return _all(clusters)
    document = client.document("/status", cluster=cluster)
    gates = client.document("/status/gates", cluster=cluster)
    return Group(*_one(document, gates))


def _all(clusters: list[dict[str, Any]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("cluster", "state", "since", "cause", "reason"):
        table.add_column(heading, overflow="fold")
    for one in clusters:
        state = Text(one["health_state"], style=STYLES.get(one["health_state"], ""))
        table.add_row(Text(one["name"]), state, _moment(one["since"]), Text(one["cause"]), Text(one["reason"]))
    return table


def _one(document: dict[str, Any], gates: list[dict[str, Any]]) -> Iterator[RenderableType]:
    from rich.text import Text

    yield _headline(document)
    yield Text(document["reason"])
    lines = told(document)
    if lines:
        yield from (Text(line) for line in lines)
    elif document["cause"] != "none":
        yield Text(f"Cause: {document['cause']}. {document['cause_says']}")
    yield Text(_circumstances(document), style="dim")
    if document["degraded"]:
        yield Text("The store does not answer; this is what was last heard from it.", style="magenta")
    if gates:
        yield from (Text(), _gates(gates, _lines_beside(document)))
    yield from _logs(document)
    if document["primary_signals"]:
        yield from (Text(), _signals(document["primary_signals"]))
    for action in document["recommended_actions"]:
        yield Text(f"\nDo: {action['says']} ({action['kind']}, {action['risk']} risk)")
    for rule in document.get("worker_rules", ()):
        yield Text(f"Mind: {rule['says']}")
    for problem in document["problems"]:
        yield Text(f"{problem['plugin']}: {problem['where']}: {problem['says']}", style="magenta")


def _headline(document: dict[str, Any]) -> RenderableType:
    from rich.text import Text

    state = document["health_state"]
    line = Text(f"{document['cluster'] or 'No cluster'} is ")
    line.append(state, style=STYLES.get(state, ""))
    if document["since"] is not None:
        line.append(f" since {_moment(document['since'])}")
    if document["last_known_state"] is not None:
        line.append(f"; last known: {document['last_known_state']}")
    return line


def _circumstances(document: dict[str, Any]) -> str:
    if document["observed_at"] is None:
        return "Never observed."
    parts = [
        f"Observed {document['age_seconds']:.0f} s ago",
        f"visibility {document['visibility']:.0%}",
        f"confidence {document['confidence']:.0%}",
        f"band {document['band']}",
        f"mode {document['mode']}",
        f"bottleneck {document['bottleneck']}",
    ]
    if document["critical_cycles"]:
        parts.append(f"{document['critical_cycles']} of {document['debounce']} critical cycles")
    return ", ".join(parts) + "."


def _lines_beside(document: dict[str, Any]) -> dict[str, list[str]]:
    """For each gate, what the log said when it began to fire."""
    beside: dict[str, list[str]] = {}
    for pattern in document["log_patterns"]:
        for gate in pattern["gates"]:
            beside.setdefault(gate, []).append(f"Log: {pattern['count']} times {pattern['template']!r}.")
    return beside


def _logs(document: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.text import Text

    for pattern in document["log_patterns"]:
        who = f" ({pattern['service']})" if pattern["service"] else ""
        known = "New line" if pattern["new"] else pattern["means"]
        yield Text(f"Log{who}: {pattern['count']} times {pattern['template']!r}. {known}", style="dim")
    if document["log_note"]:
        yield Text(document["log_note"], style="dim")


def _gates(gates: list[dict[str, Any]], beside: dict[str, list[str]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("gate", "means", "outcome", "sentence"):
        table.add_column(heading, overflow="fold")
    for gate in gates:
        speaks = gate["outcome"] == "fired" and gate["level"] in STYLES
        style = STYLES[gate["level"]] if speaks else ""
        said = "\n".join([gate["sentence"], *beside.get(gate["key"], ())])
        table.add_row(Text(gate["key"]), gate["level"], Text(gate["outcome"], style=style), Text(said))
    return table


def _signals(rows: list[dict[str, Any]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("signal", "value", "age", "detail"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        age = "" if row["age_seconds"] is None else f"{row['age_seconds']:.0f} s"
        style = "magenta" if row["missing"] else ""
        table.add_row(Text(row["key"]), Text(row["display"], style=style), age, Text(row["detail"] or row["note"]))
    return table


def _moment(instant: str | None) -> str:
    if instant is None:
        return ""
    from whenever import Instant

    return Instant.parse_iso(instant).format_iso(unit="second").replace("T", " ").removesuffix("Z") + " UTC"
