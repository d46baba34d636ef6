"""``sre-copilot settings``."""

from __future__ import annotations

import sys

from sre_copilot.cli.context import load_context
from sre_copilot.settings import Entry


def settings(*, json: bool = False) -> None:
    """Show the effective settings and where each comes from. Secrets are hidden.

    :param json: print JSON instead of a table.
    """
    context = load_context()
    entries = context.settings.entries()
    if json:
        import json as writer

        document = {
            "file": None if context.settings.file is None else str(context.settings.file),
            "settings": [entry._asdict() for entry in entries],
        }
        sys.stdout.write(writer.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write(_table(entries))


def _table(entries: tuple[Entry, ...]) -> str:
    """Plain aligned text: a table library would take longer to import than everything else here."""
    rows = [
        ("setting", "value", "source"),
        *((entry.key, _text(entry.value), entry.source) for entry in entries),
    ]
    first = max(len(row[0]) for row in rows)
    # A long list pushes its own source aside, not those of all others.
    second = min(40, max(len(row[1]) for row in rows))
    return "".join(f"{key:<{first}}  {value:<{second}}  {source}\n" for key, value, source in rows)


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "-"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
