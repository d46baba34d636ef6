"""Explanations for a terminal: short lines, indented, tables in columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_renderers.wording import EVIDENCE, WHAT_TO_DO, advice, closing

WIDTH = 100
"""Columns of a line of prose: what most terminals show and eyes follow."""

TABLE_WIDTH = 140
"""Columns of a line of a table. Its last column goes on below itself; what stands before is never cut."""

LEAST = 30
"""Columns that the last column of a table gets whatever stands before it."""


class PlainText:
    """Text without any markup."""

    key = "text"
    media_type = "text/plain; charset=utf-8"

    def render(self, explanation: Explanation) -> str:
        """The whole text, ending with a line break."""
        lines = [explanation.title, "=" * len(explanation.title)]
        for paragraph in explanation.paragraphs:
            lines += ["", *_paragraph(paragraph)]
        if explanation.actions:
            lines += ["", WHAT_TO_DO]
            for number, action in enumerate(explanation.actions, start=1):
                lines += _wrapped(advice(action), first=f"  {number}. ", then="     ")
        told = closing(explanation)
        lines += ["", *told] if told else []
        return "\n".join(lines) + "\n"


def _paragraph(paragraph: Paragraph) -> Iterator[str]:
    if paragraph.title:
        yield paragraph.title
    for line in paragraph.text.splitlines():
        yield from _wrapped(line, first="  ", then="  ")
    if paragraph.table is not None:
        yield from _table(paragraph.table)
    if paragraph.evidence:
        yield from _wrapped(f"{EVIDENCE}: {', '.join(paragraph.evidence)}", first="  ", then="    ")


def _wrapped(text: str, *, first: str, then: str, width: int = WIDTH) -> list[str]:
    # Keys and file names are searched for and copied, so no line is broken within one.
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def _table(table: Table) -> Iterator[str]:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    for row in rows:
        before = "  " + "".join(f"{cell:<{width}}  " for cell, width in zip(row[:-1], widths, strict=False))
        width = max(TABLE_WIDTH, len(before) + LEAST)
        yield from _wrapped(row[-1], first=before, then=" " * len(before), width=width) or [before.rstrip()]
