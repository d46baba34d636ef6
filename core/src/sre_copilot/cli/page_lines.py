"""Lines of a page that are wrapped between words, with what belongs to something indented under it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from rich.text import Text

LEAST_WIDTH = 40
"""Columns below which nothing is wrapped any narrower."""


@attrs.frozen
class Lines:
    """Makes lines for a width."""

    width: int | None
    """Columns; ``None`` to wrap nothing, as for a program that looks for sentences."""

    def plain(self, text: str) -> Text:
        """One line as it is, without control characters."""
        from rich.text import Text

        return Text(_printable(text))

    def of(self, text: str, *, indent: int = 0, style: str = "") -> Iterator[Text]:
        """A paragraph, each line indented by so many columns."""
        from rich.text import Text

        margin = " " * indent
        for line in _wrapped(_printable(text), self.width, indent):
            yield Text(margin + line, style=style)

    def heading(self, text: str) -> Iterator[Text]:
        """A line in bold, apart from what is above it."""
        from rich.text import Text

        yield Text()
        yield Text(text, style="bold")

    def summed(self, rows: Iterable[tuple[str, str]]) -> Iterator[Text]:
        """For each reason one paragraph, with the keys of everything that it holds for.

        :param rows: reason and key.
        """
        by_reason: dict[str, list[str]] = {}
        for reason, key in rows:
            by_reason.setdefault(reason, []).append(key)
        for reason, keys in sorted(by_reason.items(), key=lambda found: -len(found[1])):
            yield from self.of(f"{len(keys)} {reason}", indent=2, style="magenta")
            yield from self.of(", ".join(keys), indent=4, style="dim")


def _wrapped(text: str, width: int | None, indent: int) -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(text, max(LEAST_WIDTH, width - indent), break_on_hyphens=False) or [""]


def _printable(text: str) -> str:
    # What logs and remote servers say must not move the cursor or colour the screen.
    return "".join(letter if letter.isprintable() else " " for letter in text)
