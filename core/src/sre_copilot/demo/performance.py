"""Playing the acts: inject, hold, heal, and tell the audience all along."""

from __future__ import annotations

import time
from collections.abc import Sequence

import attrs

from sre_copilot.demo.audience import Audience
from sre_copilot.demo.following import Follower
from sre_copilot.demo.scenarios import Act
from sre_copilot.demo.stage import CLUSTER, Stage
from sre_copilot_hookspecs import EnvironmentUnavailable

_POLL = 0.5
"""Seconds between polls: well under the shortest cycle, so that no decision is missed."""
_FIRST_DECISION = 60.0
"""Seconds until the first decision; without one by then something is wrong."""


@attrs.define
class Performance:
    """One demonstration on a running stage."""

    stage: Stage
    audience: Audience
    follower: Follower = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.follower = Follower(self.stage.addresses.api, CLUSTER)

    def play(self, acts: Sequence[Act]) -> None:
        """Play all acts, then tell the end.

        :raises EnvironmentUnavailable: if no decision is made, or one of the copilot's processes ends.
        """
        self._wait_for_first_decision()
        sentences = {fault.key: fault.does for fault in self.stage.workload.faults}
        for act in acts:
            self._watch(act.before)
            if act.fault is None:
                continue
            self.audience.acts(f"Fault {act.fault}: {sentences.get(act.fault, '')}")
            self.stage.workload.inject(act.fault)
            self._watch(act.held)
            self.stage.workload.heal()
            self.audience.acts(f"Fault {act.fault} healed.")
            self._watch(act.after)
        self.audience.ends(self.follower)

    def _wait_for_first_decision(self) -> None:
        deadline = time.monotonic() + _FIRST_DECISION
        while self.follower.status is None:
            self._look()
            if time.monotonic() > deadline:
                raise EnvironmentUnavailable(
                    f"The copilot made no decision within {_FIRST_DECISION:g} s; see {self.stage.worker.log_path}."
                )
            time.sleep(_POLL)

    def _watch(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._look()
            time.sleep(min(_POLL, left))

    def _look(self) -> None:
        # A dead worker is part of what can be shown (its state becomes unknown); without an API nothing can.
        if not self.stage.api.alive:
            raise EnvironmentUnavailable(f"The copilot's API ended; see {self.stage.api.log_path}.")
        change = self.follower.poll()
        if change is not None:
            self.audience.changes(change)
        self.audience.observes(self.follower)
