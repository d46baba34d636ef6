"""Explanations as a page for browsers, complete in one file and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sre_copilot_hookspecs.explanations import Explanation, Paragraph, Table
from sre_copilot_renderers.wording import EVIDENCE, WHAT_TO_DO, advice, closing

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #8884;padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}"
    ".note{opacity:.75;font-size:.9em}"
)


class HtmlPage:
    """An HTML5 document."""

    key = "html"
    media_type = "text/html; charset=utf-8"

    def render(self, explanation: Explanation) -> str:
        """The whole page, ending with a line break."""
        title = escape(explanation.title)
        lines = [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{title}</h1>",
        ]
        for paragraph in explanation.paragraphs:
            lines += ["<section>", *_paragraph(paragraph), "</section>"]
        if explanation.actions:
            items = (f"<li>{escape(advice(action))}</li>" for action in explanation.actions)
            lines += ["<section>", f"<h2>{WHAT_TO_DO}</h2>", "<ol>", *items, "</ol>", "</section>"]
        lines += (f'<p class="note">{escape(line)}</p>' for line in closing(explanation))
        return "\n".join([*lines, "</body>", "</html>"]) + "\n"


def _paragraph(paragraph: Paragraph) -> Iterator[str]:
    if paragraph.title:
        yield f"<h2>{escape(paragraph.title)}</h2>"
    yield from (f"<p>{escape(line)}</p>" for line in paragraph.text.splitlines() if line.strip())
    if paragraph.table is not None:
        yield from _table(paragraph.table)
    if paragraph.evidence:
        yield f'<p class="note">{EVIDENCE}: {escape(", ".join(paragraph.evidence))}</p>'


def _table(table: Table) -> Iterator[str]:
    yield "<table>"
    yield f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in table.columns)}</tr>"
    for row in table.rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
    yield "</table>"
