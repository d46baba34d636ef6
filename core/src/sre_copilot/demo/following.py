"""Following one cluster through the API: every decision once, every change of state once."""

from __future__ import annotations

from typing import Any

import attrs

from sre_copilot.api.told import told
from sre_copilot.demo.api_client import get


@attrs.frozen
class Change:
    """A change of state, as it is told."""

    at: str
    cluster: str
    before: str
    after: str
    cause: str
    reason: str
    story: tuple[str, ...] = ()
    """What is going on and what to do, as short lines; nothing where all is well."""


def story(status: dict[str, Any]) -> tuple[str, ...]:
    """A state that is not well as a colleague would put it in a message, with what to do."""
    lines = told(status)
    todo = [f"Do: {action['says']}" for action in status.get("recommended_actions", ())] if lines else []
    return (*lines, *todo)


@attrs.define
class Follower:
    """Remembers what was seen last, so that each poll tells only what is new."""

    api: str
    cluster: str
    state: str = "unknown"
    decisions: int = 0
    status: dict[str, Any] | None = None
    gates: list[dict[str, Any]] = attrs.field(factory=list)
    """Those of the newest decision, fired ones first."""
    changes: list[Change] = attrs.field(factory=list)

    def poll(self) -> Change | None:
        """Ask once. The change of state since the last poll, if there is one."""
        status = get(f"{self.api}/status?cluster={self.cluster}")
        if status is None or status.get("observed_at") is None:
            return None
        if self.status is None or status["observed_at"] != self.status.get("observed_at"):
            self.decisions += 1
            found = get(f"{self.api}/status/gates?cluster={self.cluster}")
            self.gates = found or []
        self.status = status
        return self._changed(status)

    @property
    def visibility(self) -> float:
        """The share of primary signals seen in the newest decision."""
        return float(self.status["visibility"]) if self.status else 0.0

    def _changed(self, status: dict[str, Any]) -> Change | None:
        after = str(status["health_state"])
        if after == self.state:
            return None
        # A state that was entered says so itself; one that was lost, because nobody observes, has no instant.
        at = str(status["since"] if not status.get("stale") else status["observed_at"])
        change = Change(at, self.cluster, self.state, after, str(status["cause"]), str(status["reason"]), story(status))
        self.state = after
        self.changes.append(change)
        return change
