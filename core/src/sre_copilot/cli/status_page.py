"""All about one cluster, as ``sre-copilot status`` shows it: what matters first, and readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sre_copilot.api.told import told
from sre_copilot.cli.page_lines import Lines
from sre_copilot.cli.status_gates import fired_gates, other_gates
from sre_copilot.cli.status_logs import other_lines
from sre_copilot.cli.words import STYLES, moment

if TYPE_CHECKING:
    from rich.text import Text

Document = dict[str, Any]

KEY_WIDTH = 34
"""Columns for the key of a signal; the longest built-in one has 33."""


def page(document: Document, gates: list[Document], lines: Lines, *, whole: bool) -> Iterator[Text]:
    """The lines of the page.

    :param document: the answer of ``/status``.
    :param gates: the answer of ``/status/gates``.
    :param lines: how they are made.
    :param whole: show every gate and every signal, also those that only add to a number.
    """
    yield _headline(document, lines)
    yield from lines.of(document["reason"])
    yield from _why(document, lines)
    yield from lines.of(_circumstances(document), style="dim")
    if document["degraded"]:
        yield from lines.of("The store does not answer; this is what was last heard from it.", style="magenta")
    for action in document["recommended_actions"]:
        yield from lines.of(f"Do: {action['says']} ({action['kind']}, {action['risk']} risk)")
    for rule in document.get("worker_rules", ()):
        yield from lines.of(f"Mind: {rule['says']}")
    yield from fired_gates(gates, document["log_patterns"], lines)
    if document["log_note"]:
        yield from lines.of(document["log_note"])
    yield from other_gates(gates, lines, whole=whole)
    yield from other_lines(document["log_patterns"], lines)
    yield from _signals(document["primary_signals"], lines, whole=whole)
    for problem in document["problems"]:
        yield from lines.of(f"{problem['plugin']}: {problem['where']}: {problem['says']}", style="magenta")


def _headline(document: Document, lines: Lines) -> Text:
    state = document["health_state"]
    line = lines.plain(f"{document['cluster'] or 'No cluster'} is ")
    line.append(state, style=STYLES.get(state, ""))
    if document["since"] is not None:
        line.append(f" since {moment(document['since'])}")
    if document["last_known_state"] is not None:
        line.append(f"; last known: {document['last_known_state']}")
    return line


def _why(document: Document, lines: Lines) -> Iterator[Text]:
    paragraphs = told(document)
    if not paragraphs and document["cause"] != "none":
        paragraphs = [f"Cause: {document['cause']}. {document['cause_says']}"]
    for paragraph in paragraphs:
        yield from lines.of(paragraph)


def _circumstances(document: Document) -> str:
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


def _signals(rows: list[Document], lines: Lines, *, whole: bool) -> Iterator[Text]:
    if not rows:
        return
    yield from lines.heading("Primary signals")
    known = [row for row in rows if whole or not row["missing"]]
    for row in known:
        yield from _signal(row, lines, whole=whole)
    yield from lines.summed((_missing(row), row["key"]) for row in rows if row not in known)


def _signal(row: Document, lines: Lines, *, whole: bool) -> Iterator[Text]:
    line = lines.plain(f"  {row['key']:<{KEY_WIDTH}} ")
    line.append(row["display"], style="magenta" if row["missing"] else "")
    if (row["age_seconds"] or 0) >= 1:
        line.append(f", {row['age_seconds']:.0f} s old")
    yield line
    if whole and (row["detail"] or row["note"]):
        yield from lines.of(row["detail"] or row["note"], indent=4, style="dim")


def _missing(row: Document) -> str:
    return f"{row['display']}. {row['detail']}".strip()
