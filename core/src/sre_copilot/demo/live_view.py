"""One live picture in the terminal: state, gates, sparklines, timeline."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Any

import attrs
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sre_copilot.demo.audience import clock, closing, opening
from sre_copilot.demo.following import Change, Follower, story
from sre_copilot.demo.stage import Stage

COLOURS = {"happy": "green", "stressed": "yellow", "critical": "red", "unknown": "magenta"}
SHOWN_SIGNALS = (
    "demand.tasks_added",
    "matching.tasks_dispatched",
    "matching.dispatch_ratio",
    "matching.backlog",
    "workflows.success_share",
    "persistence.latency_p99",
)
_BARS = "▁▂▃▄▅▆▇█"
_KEPT = 48
_SHOWN_GATES = 8
_SHOWN_CHANGES = 8


def sparkline(values: list[float]) -> str:
    """The values as bars from their lowest to their highest; a flat line stays low."""
    if not values:
        return ""
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((value - low) * scale)] for value in values)


@attrs.define
class LiveView:
    """A :class:`~sre_copilot.demo.audience.Audience` that draws."""

    console: Console
    _live: Live = attrs.field(init=False)
    _stage: Stage | None = None
    _steps: list[str] = attrs.field(factory=list)
    _act: str = "Getting ready."
    _history: dict[str, deque[float]] = attrs.field(factory=dict)
    _changes: list[Change] = attrs.field(factory=list)
    _last: str = ""

    def __attrs_post_init__(self) -> None:
        self._live = Live(console=self.console, auto_refresh=False)

    def __enter__(self) -> LiveView:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def says(self, words: str) -> None:
        self._steps.append(words)
        self._show(Group(*(Text(step, style="dim") for step in self._steps)))

    def begins(self, stage: Stage) -> None:
        self._stage = stage
        self.console.print("\n".join(opening(stage)))

    def acts(self, words: str) -> None:
        self._act = words

    def observes(self, follower: Follower) -> None:
        status = follower.status
        if status is None:
            self._show(Text("Waiting for the first decision.", style="dim"))
            return
        if status["observed_at"] != self._last:
            self._last = status["observed_at"]
            self._remember(status)
        self._show(self._picture(status, follower.gates))

    def changes(self, change: Change) -> None:
        self._changes.append(change)

    def ends(self, follower: Follower) -> None:
        self._live.stop()
        self.console.print("\n".join(closing(follower)))

    def _remember(self, status: dict[str, Any]) -> None:
        for row in status["primary_signals"]:
            if row["key"] in SHOWN_SIGNALS and row.get("value") is not None:
                self._history.setdefault(row["key"], deque(maxlen=_KEPT)).append(row["value"])

    def _show(self, picture: RenderableType) -> None:
        self._live.update(picture, refresh=True)

    def _picture(self, status: dict[str, Any], gates: list[dict[str, Any]]) -> RenderableType:
        return Group(self._headline(status), self._gates(gates), self._signals(status), self._timeline())

    def _headline(self, status: dict[str, Any]) -> RenderableType:
        state = status["health_state"]
        colour = COLOURS.get(state, "white")
        head = Text.assemble(
            (f" {state.upper()} ", f"bold reverse {colour}"),
            f"  since {clock(status['since'])} UTC   {status['mode']}   {status['band']}"
            f"   seen {status['visibility']:.0%}   bottleneck {status['bottleneck']}",
        )
        lines = [Text(status["reason"]), *(Text(line) for line in story(status)), Text(self._act, style="dim")]
        return Panel(Group(head, *lines), border_style=colour)

    def _gates(self, gates: list[dict[str, Any]]) -> RenderableType:
        table = Table(box=None, expand=True, pad_edge=False)
        table.add_column("gate", width=34, no_wrap=True)
        table.add_column("", width=8)
        table.add_column("says", no_wrap=True, overflow="ellipsis", ratio=1)
        judged = [row for row in gates if row["level"] in ("critical", "stressed")]
        for row in judged[:_SHOWN_GATES]:
            colour = (
                COLOURS[row["level"]]
                if row["outcome"] == "fired"
                else "magenta"
                if row["outcome"] == "unknown"
                else "dim"
            )
            table.add_row(
                Text(row["key"], style=colour),
                Text(row["outcome"], style=colour),
                Text(row["sentence"], style=colour),
            )
        return table

    def _signals(self, status: dict[str, Any]) -> RenderableType:
        table = Table(box=None, expand=True, pad_edge=False)
        table.add_column("signal", width=34, no_wrap=True)
        table.add_column("now", width=24, no_wrap=True)
        table.add_column("", no_wrap=True, ratio=1)
        rows = {row["key"]: row for row in status["primary_signals"]}
        for key in SHOWN_SIGNALS:
            if key in rows:
                table.add_row(key, rows[key]["display"], sparkline(list(self._history.get(key, ()))))
        return table

    def _timeline(self) -> RenderableType:
        lines = [
            Text.assemble(
                f"{clock(change.at)}  ",
                (f"{change.after:<9}", COLOURS.get(change.after, "white")),
                f" {change.reason}",
            )
            for change in self._changes[-_SHOWN_CHANGES:]
        ]
        return Panel(Group(*lines), title="timeline", border_style="dim")
