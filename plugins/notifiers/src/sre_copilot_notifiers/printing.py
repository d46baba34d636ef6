"""State changes on standard output."""

from __future__ import annotations

import sys
from typing import TextIO

import attrs

from sre_copilot_hookspecs import StateChange
from sre_copilot_notifiers.message import headline, summary


@attrs.frozen
class Stdout:
    """Prints every state change, its lines kept together."""

    stream: TextIO | None = None
    """Standard output at the time of printing if it is not given."""
    key: str = "stdout"

    async def notify(self, change: StateChange) -> None:
        """Print it."""
        stream = self.stream if self.stream is not None else sys.stdout
        body = "".join(f"  {line}\n" for line in printable(summary(change)).splitlines())
        stream.write(f"{change.at.format_iso(unit='second')} {printable(headline(change))}\n{body}")
        stream.flush()


def printable(words: str) -> str:
    """Text without what a terminal would obey."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in words)
