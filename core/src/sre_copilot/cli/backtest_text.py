"""What a back-test came to, in the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sre_copilot.cli.timeline import HEIGHTS, WIDTH, WORST_FIRST
from sre_copilot.cli.words import STYLES
from sre_copilot.health.backtest import BacktestReport, Replayed, Span
from sre_copilot.health.contrast import Difference, GateDifference
from sre_copilot_hookspecs import HealthState

if TYPE_CHECKING:
    from rich.text import Text
    from whenever import Instant

MOST_ROWS = 40
"""Changes and differences that are shown; all are in the JSON."""


def document_of(report: BacktestReport, since: Instant, until: Instant) -> str:
    """Everything, as JSON."""
    return json.dumps(
        {
            "cluster": report.cluster,
            "from": since.format_iso(),
            "to": until.format_iso(),
            "rulesets": [_replayed(replayed) for replayed in report.replayed],
            "differences": [_difference(difference) for difference in report.differences],
        },
        indent=2,
    )


def _replayed(replayed: Replayed) -> dict[str, Any]:
    return {
        "ruleset": replayed.ruleset,
        "cycles": replayed.cycles,
        "seconds": {state.value: round(seconds, 3) for state, seconds in replayed.seconds.items()},
        "seconds_without_readings": round(replayed.unread, 3),
        "would_have_notified": len(replayed.transitions),
        "timeline": [
            {
                "start": span.start.format_iso(),
                "until": span.until.format_iso(),
                "state": span.state.value,
                "cause": span.cause,
                "cycles": span.cycles,
            }
            for span in replayed.spans
        ],
        "transitions": [
            {
                "at": change.at.format_iso(),
                "before": change.before.value,
                "after": change.after.value,
                "cause": change.cause,
                "reason": change.reason,
                "gates": list(change.gates),
            }
            for change in replayed.transitions
        ],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "start": difference.start.format_iso(),
        "until": difference.until.format_iso(),
        "cycles": difference.cycles,
        "first": difference.first.value,
        "second": difference.second.value,
        "carried": difference.carried,
        "gates": [
            {
                "key": gate.key,
                "signal": gate.signal,
                "value": gate.value,
                "first": gate.first,
                "second": gate.second,
                "first_threshold": gate.first_threshold,
                "second_threshold": gate.second_threshold,
            }
            for gate in difference.gates
        ],
    }


def show(report: BacktestReport, since: Instant, until: Instant) -> None:
    """Print a picture, how long each state lasted, every change, and where rulesets differ."""
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(Text(f"{report.cluster} from {clock(since)} to {clock(until)}"), soft_wrap=True)
    asked, (since, until) = (since, until), pictured(report, since, until)
    if (since, until) != asked:
        console.print(Text(f"readings from {clock(since)} to {clock(until)}"), soft_wrap=True)
    for replayed in report.replayed:
        console.print(Text(f"rules {replayed.ruleset[:12]}"))
        console.print(strip(replayed.spans, since, until))
        console.print(Text(durations(replayed)), soft_wrap=True)
    console.print(Text("▁ happy  ▄ stressed  █ critical  · unknown  (blank: no readings)"), style="dim")
    for replayed in report.replayed:
        _changes(console, replayed)
    if len(report.replayed) > 1:
        _differences(console, report)


def pictured(report: BacktestReport, since: Instant, until: Instant) -> tuple[Instant, Instant]:
    """The part of the span that a picture is drawn of: without what lies before the first or after the last reading.

    A demo of three minutes would otherwise be one speck in the picture of a day.
    """
    spans = [span for replayed in report.replayed for span in replayed.spans]
    if not spans:
        return since, until
    first, last = max(since, min(span.start for span in spans)), min(until, max(span.until for span in spans))
    speck = (until - since).total("seconds") / WIDTH
    return (
        since if (first - since).total("seconds") < speck else first,
        until if (until - last).total("seconds") < speck else last,
    )


def clock(instant: Instant) -> str:
    """An instant as people read it."""
    return instant.format_iso(unit="second").replace("T", " ").removesuffix("Z") + " UTC"


def durations(replayed: Replayed) -> str:
    """How long each state lasted, in one line."""
    parts = [f"{state.value} {_long(seconds)}" for state, seconds in replayed.seconds.items() if seconds]
    if replayed.unread:
        parts.append(f"without readings {_long(replayed.unread)}")
    count = len(replayed.transitions)
    times = "once" if count == 1 else f"{count} times"
    return f"{replayed.cycles:,} cycles: {', '.join(parts)}; would have notified {times}."


def _long(seconds: float) -> str:
    from sre_copilot.health.sentences import quantity
    from sre_copilot_hookspecs import Unit

    return f"{seconds / 86400:.3g} d" if seconds >= 2 * 86400 else quantity(seconds, Unit.SECONDS)


def strip(spans: tuple[Span, ...], since: Instant, until: Instant) -> Text:
    """The span as a line of characters, each the worst state in its part."""
    from rich.text import Text

    cells: list[set[str]] = [set() for _ in range(WIDTH)]
    whole = (until - since).total("seconds")
    for span in spans:
        first = int((span.start - since).total("seconds") / whole * WIDTH)
        last = int((span.until - since).total("seconds") / whole * WIDTH)
        for cell in cells[max(0, first) : max(first + 1, last)]:
            cell.add(span.state.value)
    line = Text()
    for cell in cells:
        worst = next((state for state in WORST_FIRST if state in cell), "")
        line.append(HEIGHTS.get(worst, " "), style=STYLES.get(worst, ""))
    return line


def _changes(console: Any, replayed: Replayed) -> None:
    from rich.text import Text

    from sre_copilot.cli.page_lines import Lines

    lines = Lines(console.width)
    console.print()
    console.print(Text(f"Changes under {replayed.ruleset[:12]}"))
    for change in replayed.transitions[:MOST_ROWS]:
        line = lines.plain(f"  {clock(change.at)}  ")
        line.append(change.before.value, style=STYLES.get(change.before.value, ""))
        line.append(" to ")
        line.append(change.after.value, style=STYLES.get(change.after.value, ""))
        console.print(line)
        for said in lines.of(change.reason, indent=4):
            console.print(said)
    _more(console, len(replayed.transitions))


def _differences(console: Any, report: BacktestReport) -> None:
    from rich.text import Text

    first, second = (replayed.ruleset[:12] for replayed in report.replayed[:2])
    console.print()
    if not report.differences:
        console.print(Text(f"{first} and {second} give the same state in every cycle."))
        return
    console.print(Text(f"Where {first} and {second} differ"))
    for difference in report.differences[:MOST_ROWS]:
        times = "1 cycle" if difference.cycles == 1 else f"{difference.cycles} cycles"
        states = f"{difference.first.value} instead of {difference.second.value}"
        console.print(Text(f"  {clock(difference.start)}, {times}: {states}"), soft_wrap=True)
        for line in told(difference):
            console.print(Text(f"    {line}"), soft_wrap=True)
    _more(console, len(report.differences))


def told(difference: Difference) -> Iterator[str]:
    """Which gates made the difference, one line each."""
    if not difference.gates:
        yield "No gate differs: patience, scale band or findings do."
    for gate in difference.gates:
        yield _gate(gate) + (", and what it said still counts" if difference.carried else "")


_SAYS = {"near": "within the recovery margin"}


def _gate(gate: GateDifference) -> str:
    value = "missing" if gate.value is None else f"{gate.value:g}"
    numbers = tuple(
        "absent" if number is None else f"{_SAYS.get(says, says)} at {number:g}"
        for says, number in ((gate.first, gate.first_threshold), (gate.second, gate.second_threshold))
    )
    return f"{gate.key}: {gate.signal} is {value}; {numbers[0]} instead of {numbers[1]}"


def _more(console: Any, count: int) -> None:
    if count > MOST_ROWS:
        console.print(f"  … and {count - MOST_ROWS} more; --json prints all.")


COLOURS = {
    HealthState.HAPPY: "#2e9e5b",
    HealthState.STRESSED: "#e0a800",
    HealthState.CRITICAL: "#c9302c",
    HealthState.UNKNOWN: "#8e6bbf",
}
"""How the page draws states."""
