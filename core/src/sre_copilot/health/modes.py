"""What the cluster is busy with."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from sre_copilot.health.decision import GateResult, Outcome
from sre_copilot_hookspecs import Gate, Level, Mode

_FIRED = Outcome.FIRED


@attrs.frozen
class Places:
    """Where among the gates of a ruleset those of some levels stand, so that nobody looks for them every cycle."""

    critical: tuple[int, ...]
    healthy: tuple[int, ...]
    idle: tuple[int, ...]
    busy: tuple[int, ...]
    recovering: tuple[int, ...]

    @classmethod
    def of(cls, gates: Sequence[Gate]) -> Places:
        """The places in a ruleset's gates."""
        levels = (Level.CRITICAL, Level.HEALTHY, Level.IDLE, Level.SYSTEM_BUSY, Level.RECOVERING)
        return cls(*(tuple(place for place, gate in enumerate(gates) if gate.level is level) for level in levels))


def provisional_mode(results: Sequence[GateResult], places: Places, *, blind: bool) -> Mode:
    """The mode by its own gates; idle is only proven once no other gate objects."""
    if blind:
        return Mode.BLIND
    for place in places.busy:
        if results[place].outcome is _FIRED:
            return Mode.SYSTEM_BUSY
    if _all_fired(results, places.idle):
        return Mode.IDLE
    return Mode.RECOVERING if _all_fired(results, places.recovering) else Mode.NORMAL


def _all_fired(results: Sequence[GateResult], places: tuple[int, ...]) -> bool:
    for place in places:
        if results[place].outcome is not _FIRED:
            return False
    return bool(places)
