"""Explanations as Markdown, for tickets and for files beside code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_renderers.wording import EVIDENCE, WHAT_TO_DO, advice, closing

_SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<![^\W_])_|_(?![^\W_])")
_BLOCK = re.compile(r"^(#{1,6}(?=\s|$)|[-+=](?=[-+=\s]|$)|\d{1,9}(?=[.)](\s|$)))")


class Markdown:
    """CommonMark with tables."""

    key = "markdown"
    media_type = "text/markdown; charset=utf-8"

    def render(self, explanation: Explanation) -> str:
        """The whole text, ending with a line break."""
        blocks = [f"# {escaped(explanation.title)}"]
        for paragraph in explanation.paragraphs:
            blocks += _paragraph(paragraph)
        if explanation.actions:
            numbered = enumerate(explanation.actions, start=1)
            listed = "\n".join(f"{number}. {escaped(advice(action))}" for number, action in numbered)
            blocks += [f"## {WHAT_TO_DO}", listed]
        blocks += [f"*{escaped(line)}*" for line in closing(explanation)]
        return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(text.split())
    marked = _SPECIAL.sub(lambda found: "\\" + found.group(), flat)
    return _BLOCK.sub(lambda found: _unblocked(found.group()), marked)


def _unblocked(start: str) -> str:
    """The start of a line that would be a heading or a list. Digits cannot be escaped; what follows them can."""
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def _paragraph(paragraph: Paragraph) -> Iterator[str]:
    if paragraph.title:
        yield f"## {escaped(paragraph.title)}"
    yield from (escaped(line) for line in paragraph.text.splitlines() if line.strip())
    if paragraph.table is not None:
        yield _table(paragraph.table)
    if paragraph.evidence:
        yield f"{EVIDENCE}: {', '.join(map(escaped, paragraph.evidence))}"


def _table(table: Table) -> str:
    rows = [table.columns, ("---",) * len(table.columns), *(tuple(map(escaped, row)) for row in table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
