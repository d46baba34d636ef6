"""``sre-copilot timeline``."""

from __future__ import annotations

import sys
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from sre_copilot.cli.spans import instant_of
from sre_copilot.cli.status import api_client
from sre_copilot.cli.words import STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text
    from whenever import Instant

HEIGHTS = {"happy": "▁", "stressed": "▄", "critical": "█", "unknown": "·"}
"""How a state looks where there is no colour."""
WORST_FIRST = ("critical", "stressed", "unknown", "happy")
WIDTH = 72
MOST_ROWS = "25000"


def timeline(*, since: str = "1h", cluster: str | None = None, json: bool = False, api: str | None = None) -> None:
    """Show how the state of a cluster came about.

    :param since: how far to look back, such as 30m, 6h or 7d, or an instant such as 2026-03-01T12:00:00Z.
    :param cluster: the cluster to show; may be left out where there is one.
    :param json: print the rows that the API's /status/timeline returns.
    :param api: where the API is, such as http://127.0.0.1:8080, instead of the settings' api.host and api.port.
    """
    start = instant_of(since, "--since").format_iso()
    client = api_client(api)
    asked = {"start": start, "cluster": cluster, "limit": MOST_ROWS}
    if json:
        sys.stdout.write(client.text("/status/timeline", **asked) + "\n")
        return
    _show(client.document("/status/timeline", **asked), start)


def _show(rows: list[dict[str, Any]], since: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
    from whenever import Instant

    console = Console()
    start, end = Instant.parse_iso(since), _end(rows)
    if end is None or end <= start:
        console.print(f"Nothing is known from {_clock(start)} on.")
        return
    console.print(Text(f"{rows[0]['cluster']} from {_clock(start)} to {_clock(end)}"), soft_wrap=True)
    console.print(_strip(rows, start, end))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("from", "state", "cause", "reason"):
        table.add_column(heading, overflow="fold")
    # Cycles that say the same are one line, with the words of the first.
    rules: str | None = None
    for (state, cause, ruleset), same in groupby(rows, key=lambda row: (row["state"], row["cause"], row["ruleset"])):
        first = next(same)
        moment = _clock(Instant.parse_iso(first["at"]))
        changed = f"New rules {ruleset[:12]}. " if ruleset and rules and ruleset != rules else ""
        rules = ruleset or rules
        reason = Text(changed + first["reason"])
        table.add_row(moment, Text(state, style=STYLES.get(state, "")), Text(cause), reason)
    console.print(table)
    if rows[-1]["next"] is not None:
        console.print(f"There is more after {rows[-1]['next']}; ask for a shorter span with --since.")


def _end(rows: list[dict[str, Any]]) -> Instant | None:
    """Where the last row ends: where the answer was cut off, or the instant at which it was given."""
    from whenever import Instant, TimeDelta

    for row in reversed(rows):
        if row["next"] is not None:
            return Instant.parse_iso(row["next"])
        if row["observed_at"] is not None:
            return Instant.parse_iso(row["observed_at"]) + TimeDelta(seconds=row["age_seconds"])
    return Instant.now() if rows else None


def _strip(rows: Sequence[dict[str, Any]], start: Instant, end: Instant) -> Text:
    """The span as a line of characters, each the worst state in its part."""
    from rich.text import Text
    from whenever import Instant

    cells: list[set[str]] = [set() for _ in range(WIDTH)]
    whole = (end - start).total("seconds")
    edges = [*((Instant.parse_iso(row["at"]), row["state"]) for row in rows), (end, "")]
    for (begin, state), (finish, _) in pairwise(edges):
        first = int((begin - start).total("seconds") / whole * WIDTH)
        last = int((finish - start).total("seconds") / whole * WIDTH)
        for cell in cells[max(0, first) : max(first + 1, last)]:
            cell.add(state)
    line = Text()
    for cell in cells:
        worst = next((state for state in WORST_FIRST if state in cell), None)
        line.append(HEIGHTS.get(worst or "", " "), style=STYLES.get(worst or "", ""))
    return line


def _clock(instant: Instant) -> str:
    return instant.format_iso(unit="second").replace("T", " ").removesuffix("Z") + " UTC"
