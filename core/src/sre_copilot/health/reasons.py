"""The one line that says what a state rests on, written from a decision when somebody wants to read it."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.health.decision import CauseVerdict, Decision, GateResult, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.health.sentences import sentence
from sre_copilot.health.sight import watched_signals
from sre_copilot_hookspecs import HealthState, Level, Mode


def reason(ruleset: Ruleset, decision: Decision) -> str:
    """The line. It names the cause, where there is one, and the gate that weighs most.

    :param ruleset: the rules that decided.
    """
    return heading(decision.cause, blind=decision.mode is Mode.BLIND) + rest(ruleset, decision)


def heading(cause: CauseVerdict, *, blind: bool = False) -> str:
    """The beginning of a reason: the cause as a sentence of its own, or nothing where there is none."""
    if cause.key == "none":
        return ""
    # What cannot be seen is not known to recover.
    carried = (" when last seen" if blind else ", recovering") if cause.carried else ""
    return f"{cause.name[0].upper()}{cause.name[1:]}{carried}. "


def rest(ruleset: Ruleset, decision: Decision) -> str:
    """What follows the cause: the gate that weighs most, or what else the state rests on."""
    watched = len(watched_signals(ruleset))
    seen = f"{round(decision.visibility * watched)} of {watched} primary signals can be read."
    if decision.state is HealthState.UNKNOWN:
        return f"Not enough is known yet: {seen}"
    weightiest = loudest(decision.gates, decision.cause)
    if weightiest is not None:
        return _say(ruleset, weightiest) + _towards_critical(decision)
    if decision.mode is Mode.BLIND:
        return f"Only {seen}"
    if decision.state is HealthState.HAPPY:
        return (
            "Nothing is asked of the cluster." if decision.mode is Mode.IDLE else "Work is done as fast as it arrives."
        )
    return _aftermath(ruleset, decision)


def loudest(results: Iterable[GateResult], cause: CauseVerdict) -> GateResult | None:
    """The fired gate that weighs most: critical before stressed, the cause's own evidence before its echoes."""
    evidence = cause.facts

    def weight(result: GateResult) -> tuple[bool, int, float, str]:
        named = evidence.index(result.key) if result.key in evidence else len(evidence)
        return (result.level is not Level.CRITICAL, named, -(result.margin or 0.0), result.key)

    speaking, has_fired = (Level.CRITICAL, Level.STRESSED), Outcome.FIRED
    fired = [result for result in results if result.outcome is has_fired and result.level in speaking]
    return min(fired, key=weight, default=None)


def _aftermath(ruleset: Ruleset, decision: Decision) -> str:
    memory, patience = decision.memory, ruleset.patience
    near = next((result for result in decision.gates if result.near), None)
    if near is not None and decision.state is HealthState.CRITICAL:
        return f"Not yet past the recovery margin: {_say(ruleset, near)}"
    if memory.lost:
        return "Some gates can no longer be read, so nothing improves yet."
    if any(result.level is Level.HEALTHY and result.is_refuted for result in decision.gates):
        return "No gate fires, but progress is not yet as it should be."
    if memory.pressure_cycles >= patience.pressure:
        return "Forward progress is intact, but under pressure."
    return f"Calm for {memory.calm_cycles} of {patience.calm} cycles."


def _say(ruleset: Ruleset, result: GateResult) -> str:
    gate = next(gate for gate in ruleset.gates if gate.key == result.key)
    unit = next(rule.unit for rule in ruleset.signals if rule.key == result.signal)
    return sentence(gate, result, unit)


def _towards_critical(decision: Decision) -> str:
    cycles, needed = decision.memory.critical_cycles, decision.debounce
    if decision.state is HealthState.CRITICAL or not cycles:
        return ""
    return f" ({min(cycles, needed)} of {needed} cycles towards critical)"
