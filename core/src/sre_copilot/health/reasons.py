"""The one line that says what a state rests on."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot.health.decision import CauseVerdict, GateResult, Outcome
from sre_copilot.health.quick import quick_frozen
from sre_copilot.health.ruleset import Patience
from sre_copilot.health.sentences import sentence
from sre_copilot.health.states import Counters, Evidence
from sre_copilot_hookspecs import Gate, HealthState, Level, Mode, Unit


@quick_frozen
class Grounds:
    """What the reason is chosen from."""

    patience: Patience
    told: Mapping[str, tuple[Gate, Unit]]
    """By the key of a gate, what a sentence about it is written from."""
    results: tuple[GateResult, ...]
    evidence: Evidence
    counters: Counters
    state: HealthState
    cause: CauseVerdict
    visibility: float
    watched: int


def reason(grounds: Grounds) -> str:
    """The line. It names the cause, where there is one, and the gate that weighs most."""
    return heading(grounds.cause, blind=grounds.evidence.mode is Mode.BLIND) + _what(grounds)


def heading(cause: CauseVerdict, *, blind: bool = False) -> str:
    """The beginning of a reason: the cause as a sentence of its own, or nothing where there is none."""
    if cause.key == "none":
        return ""
    # What cannot be seen is not known to recover.
    carried = (" when last seen" if blind else ", recovering") if cause.carried else ""
    return f"{cause.name[0].upper()}{cause.name[1:]}{carried}. "


def _carried(grounds: Grounds) -> str:
    if not grounds.cause.carried:
        return ""
    # What cannot be seen is not known to recover.
    return " when last seen" if grounds.evidence.mode is Mode.BLIND else ", recovering"


def _what(grounds: Grounds) -> str:
    seen = f"{round(grounds.visibility * grounds.watched)} of {grounds.watched} primary signals can be read."
    if grounds.state is HealthState.UNKNOWN:
        return f"Not enough is known yet: {seen}"
    weightiest = loudest(grounds.results, grounds.cause)
    if weightiest is not None:
        return _say(grounds, weightiest) + _towards_critical(grounds)
    if grounds.evidence.mode is Mode.BLIND:
        return f"Only {seen}"
    if grounds.state is HealthState.HAPPY:
        idle = grounds.evidence.mode is Mode.IDLE
        return "Nothing is asked of the cluster." if idle else "Work is done as fast as it arrives."
    return _aftermath(grounds)


def _aftermath(grounds: Grounds) -> str:
    near = next((result for result in grounds.results if result.near), None)
    if near is not None and grounds.state is HealthState.CRITICAL:
        return f"Not yet past the recovery margin: {_say(grounds, near)}"
    if grounds.evidence.lost:
        return "Some gates can no longer be read, so nothing improves yet."
    if grounds.evidence.unhealthy:
        return "No gate fires, but progress is not yet as it should be."
    if grounds.counters.pressure_cycles >= grounds.patience.pressure:
        return "Forward progress is intact, but under pressure."
    return f"Calm for {grounds.counters.calm_cycles} of {grounds.patience.calm} cycles."


def loudest(results: tuple[GateResult, ...], cause: CauseVerdict) -> GateResult | None:
    """The fired gate that weighs most: critical before stressed, the cause's own evidence before its echoes."""
    evidence = cause.facts

    def weight(result: GateResult) -> tuple[bool, int, float, str]:
        named = evidence.index(result.key) if result.key in evidence else len(evidence)
        return (result.level is not Level.CRITICAL, named, -(result.margin or 0.0), result.key)

    speaking, has_fired = (Level.CRITICAL, Level.STRESSED), Outcome.FIRED
    fired = [result for result in results if result.outcome is has_fired and result.level in speaking]
    return min(fired, key=weight, default=None)


def _say(grounds: Grounds, result: GateResult) -> str:
    gate, unit = grounds.told[result.key]
    return sentence(gate, result, unit)


def _towards_critical(grounds: Grounds) -> str:
    cycles, needed = grounds.counters.critical_cycles, grounds.patience.critical
    if grounds.state is HealthState.CRITICAL or not cycles:
        return ""
    return f" ({min(cycles, needed)} of {needed} cycles towards critical)"
