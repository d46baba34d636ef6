"""Who a demonstration is told to: a terminal, plain lines, or a program that reads JSON lines."""

from __future__ import annotations

import json
import sys
from typing import Any, Protocol

import attrs

from sre_copilot.demo.following import Change, Follower
from sre_copilot.demo.stage import Stage


class Audience(Protocol):
    """Hears everything that happens."""

    def says(self, words: str) -> None:
        """A step of the preparation."""

    def begins(self, stage: Stage) -> None:
        """Everything runs."""

    def acts(self, words: str) -> None:
        """A fault was injected or healed."""

    def observes(self, follower: Follower) -> None:
        """A poll was made."""

    def changes(self, change: Change) -> None:
        """The state changed."""

    def ends(self, follower: Follower) -> None:
        """It is over; everything still runs."""


@attrs.define
class PlainLines:
    """One line for everything that happens, for logs and for people who read later."""

    _last: str = ""

    def says(self, words: str) -> None:
        print(words, flush=True)

    def begins(self, stage: Stage) -> None:
        for line in opening(stage):
            print(line, flush=True)

    def acts(self, words: str) -> None:
        print(f"--- {words}", flush=True)

    def observes(self, follower: Follower) -> None:
        status = follower.status
        if status is None or status["observed_at"] == self._last:
            return
        self._last = status["observed_at"]
        print(f"{clock(self._last)}  {summary(status)}", flush=True)

    def changes(self, change: Change) -> None:
        print(f">>> {change.before} -> {change.after}  ({change.cause})", flush=True)
        for line in change.story:
            print(f"    {line}", flush=True)

    def ends(self, follower: Follower) -> None:
        for line in closing(follower):
            print(line, flush=True)


@attrs.define
class JsonLines:
    """One JSON object a line on standard output; preparations go to standard error."""

    def says(self, words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    def begins(self, stage: Stage) -> None:
        addresses = stage.addresses
        self._tell(
            "started",
            api=addresses.api,
            watched_ui=addresses.watched_ui,
            settings=str(addresses.settings),
            worker_pid=stage.worker.pid,
            worker_command=stage.worker_command,
        )

    def acts(self, words: str) -> None:
        self._tell("act", says=words)

    def observes(self, follower: Follower) -> None:
        """Nothing: only changes are told."""

    def changes(self, change: Change) -> None:
        self._tell(
            "state_change",
            at=change.at,
            cluster=change.cluster,
            **{"from": change.before, "to": change.after},
            cause=change.cause,
            reason=change.reason,
        )

    def ends(self, follower: Follower) -> None:
        self._tell(
            "summary",
            cycles=follower.decisions,
            changes=len(follower.changes),
            final_state=follower.state,
            api=follower.api,
        )

    @staticmethod
    def _tell(event: str, **fields: object) -> None:
        print(json.dumps({"event": event, **fields}, ensure_ascii=False), flush=True)


def opening(stage: Stage) -> list[str]:
    """The addresses, as lines."""
    addresses = stage.addresses
    return [
        f"Page               {addresses.api}/",
        f"API                {addresses.api}/status",
        f"Watched Temporal   {addresses.watched_ui or 'without a web interface'}",
        f"Logs and settings  {stage.environment.folder}",
        f"Copilot's worker   process {stage.worker.pid}; if it dies, start it again with",
        f"                   {stage.worker_command}",
    ]


def closing(follower: Follower) -> list[str]:
    """The timeline of states, as lines."""
    lines = ["", f"Timeline of {follower.cluster}, {follower.decisions} decisions:"]
    lines += [f"  {clock(change.at)}  {change.after:<9} {change.reason}" for change in follower.changes]
    return [*lines, f"Final state: {follower.state}."]


def summary(status: dict[str, Any]) -> str:
    """One decision on one line."""
    state = status["health_state"]
    counted = status.get("critical_cycles") or 0
    towards = f" {min(counted, status['debounce'])}/{status['debounce']}" if counted and state == "stressed" else ""
    return f"{state.upper() + towards:<13} seen {status['visibility']:>4.0%}  {status['reason']}"


def clock(instant: str) -> str:
    """The time of day of an ISO instant, in UTC."""
    return instant[11:19] if len(instant) >= 19 else instant
