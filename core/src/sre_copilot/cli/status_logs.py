"""Log patterns on the status page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sre_copilot.cli.page_lines import Lines

if TYPE_CHECKING:
    from rich.text import Text

Document = dict[str, Any]


def lines_beside(gate: str, patterns: Sequence[Document], lines: Lines) -> Iterator[Text]:
    """What the log said when a gate began to fire, with the lag where the gate was the first."""
    for pattern in patterns:
        if gate not in pattern["gates"]:
            continue
        first = gate == pattern["gates"][0]
        yield from lines.of(f"Log{_lag(pattern) if first else ''}: {_counted(pattern)}", indent=12)
        if first:
            yield from lines.of(_meaning(pattern), indent=14, style="dim")


def other_lines(patterns: Sequence[Document], lines: Lines) -> Iterator[Text]:
    """What else the log said; it accompanies no gate."""
    others = [pattern for pattern in patterns if not pattern["gates"]]
    if others:
        yield from lines.heading("Also in the log, beside no gate")
    for pattern in others:
        yield from lines.of(f"{_counted(pattern)} {'New line.' if pattern['new'] else ''}", indent=2, style="dim")


def _lag(pattern: Document) -> str:
    lag = pattern["lag_seconds"]
    if lag is None:
        return ""
    return f", {lag:.0f} s before" if lag >= 0 else f", {-lag:.0f} s after"


def _counted(pattern: Document) -> str:
    lines = "1 line" if pattern["count"] == 1 else f"{pattern['count']} lines"
    who = f" of {pattern['service']}" if pattern["service"] else ""
    return f"{lines}{who} like {pattern['template']!r}."


def _meaning(pattern: Document) -> str:
    return (
        "A new line, which nobody has explained yet." if pattern["new"] else f"{pattern['means']} {pattern['remedy']}"
    )
