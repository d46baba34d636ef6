"""What a back-test came to, as one page of HTML that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from sre_copilot.cli.backtest_text import COLOURS, clock, durations, pictured, told
from sre_copilot.health.backtest import BacktestReport, Replayed, Span

if TYPE_CHECKING:
    from whenever import Instant

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
svg { width: 100%; height: 3rem; background: #eee; display: block; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem .3rem 0;
vertical-align: top; border-bottom: 1px solid #ddd; }
.key span { display: inline-block; width: .8rem; height: .8rem; margin: 0 .3rem 0 1rem; }
.times { display: flex; justify-content: space-between; color: #666; font-size: .85rem; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd; } svg { background: #333; }
th, td { border-color: #444; } }
"""


def page_of(report: BacktestReport, since: Instant, until: Instant) -> str:
    """The page."""
    title = f"{report.cluster}: what rules would have decided"
    body = "".join(_parts(report, since, until))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}"
        "</body></html>\n"
    )


def _parts(report: BacktestReport, since: Instant, until: Instant) -> Iterator[str]:
    yield f"<p>{escape(clock(since))} to {escape(clock(until))}</p>\n<p class='key'>"
    for state, colour in COLOURS.items():
        yield f"<span style='background:{colour}'></span>{state.value}"
    yield "<span style='background:#eee'></span>no readings</p>\n"
    since, until = pictured(report, since, until)
    for replayed in report.replayed:
        yield f"<h2>Rules {replayed.ruleset[:12]}</h2>\n{_picture(replayed.spans, since, until)}"
        yield f"<div class='times'><span>{escape(clock(since))}</span><span>{escape(clock(until))}</span></div>\n"
        yield f"<p>{escape(durations(replayed))}</p>\n{_changes(replayed)}"
    if len(report.replayed) > 1:
        yield f"<h2>Differences</h2>\n{_differences(report)}"


def _picture(spans: tuple[Span, ...], since: Instant, until: Instant) -> str:
    whole = (until - since).total("seconds")
    bars = []
    for span in spans:
        start = (span.start - since).total("seconds") / whole * 1000
        width = (span.until - span.start).total("seconds") / whole * 1000
        words = f"{clock(span.start)}: {span.state.value}, cause {span.cause}, {span.cycles} cycles"
        bars.append(
            f"<rect x='{start:.2f}' y='0' width='{max(width, 0.5):.2f}' height='10' fill='{COLOURS[span.state]}'>"
            f"<title>{escape(words)}</title></rect>"
        )
    return f"<svg viewBox='0 0 1000 10' preserveAspectRatio='none' role='img'>{''.join(bars)}</svg>\n"


def _changes(replayed: Replayed) -> str:
    rows = (
        (clock(change.at), change.before.value, change.after.value, change.cause, change.reason)
        for change in replayed.transitions
    )
    return _table(("at", "from", "to", "cause", "reason"), rows)


def _differences(report: BacktestReport) -> str:
    if not report.differences:
        return "<p>Both give the same state in every cycle.</p>\n"
    first, second = (replayed.ruleset[:12] for replayed in report.replayed[:2])
    rows = (
        (
            clock(difference.start),
            str(difference.cycles),
            difference.first.value,
            difference.second.value,
            "; ".join(told(difference)),
        )
        for difference in report.differences
    )
    return _table(("at", "cycles", first, second, "made by"), rows)


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>\n"
