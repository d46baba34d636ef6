"""``sre-copilot plugins``."""

from __future__ import annotations

import json as writer
import sys

from sre_copilot.cli.context import load_context
from sre_copilot.plugins.listing import PluginEntry, PluginStatus

_STYLES = {
    PluginStatus.OK: "green",
    PluginStatus.FAILED: "bold red",
    PluginStatus.SUSPENDED: "yellow",
    PluginStatus.BLOCKED: "dim",
}


def plugins(*, json: bool = False) -> None:
    """List plugins, what they declare, and what became of them.

    :param json: print JSON instead of a table.
    """
    # Loading the settings too shows plugins whose sections do not fit.
    entries = load_context(on_failure=None).manager.listing()
    if json:
        sys.stdout.write(writer.dumps([_document(entry) for entry in entries], indent=2) + "\n")
        return
    _show(entries)


def _document(entry: PluginEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "status": entry.status.value,
        "reason": entry.reason,
        "version": entry.version,
        "distribution": entry.distribution,
        "origin": entry.origin.value if entry.origin is not None else None,
        "where": entry.where,
        "hooks": list(entry.hooks),
        "declarations": dict(entry.declarations),
    }


def _show(entries: tuple[PluginEntry, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("plugin", "version", "from", "declares", "status"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        status = Text(entry.status.value, style=_STYLES[entry.status])
        table.add_row(Text(entry.name), Text(entry.version), Text(_from(entry)), Text(_declares(entry)), status)
    console = Console()
    console.print(table)
    for entry in entries:
        # Sentences are printed as they are, so that no line of them is cut or lost in a column.
        if entry.status in (PluginStatus.FAILED, PluginStatus.SUSPENDED):
            console.print(Text(entry.reason, style=_STYLES[entry.status]), soft_wrap=True)


def _from(entry: PluginEntry) -> str:
    if entry.origin is None:
        return "not installed"
    return entry.distribution or f"{entry.origin.value} {entry.where}"


def _declares(entry: PluginEntry) -> str:
    counted = [f"{count} {_noun(hook)}" for hook, count in entry.declarations]
    declared = {hook for hook, _ in entry.declarations}
    # What else it offers depends on the settings and is not counted.
    offers = [_noun(hook) for hook in entry.hooks if hook not in declared]
    return ", ".join([*counted, *offers]) or "-"


def _noun(hook: str) -> str:
    return hook.removeprefix("copilot_").replace("_", " ")
