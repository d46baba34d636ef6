"""What to watch next, with the numbers at which things change."""

from __future__ import annotations

from collections.abc import Iterator

from sre_copilot.explain.case import SPEAKING, Case
from sre_copilot.explain.phrases import joined, lower, noun
from sre_copilot.health.decision import GateResult, Outcome, TrendDirection
from sre_copilot_hookspecs import Direction, Gate, HealthState, Level, Paragraph

MOST = 3
"""Signals that a person can keep an eye on at once."""
CLOSE = 0.25
"""Share of a threshold within which a value that has not reached it is worth a word."""
_OTHER_SIDE = {Direction.ABOVE: "below", Direction.BELOW: "above"}


def watch(case: Case) -> Paragraph:
    """The signals to look at, what ends the trouble, and what must not be done meanwhile."""
    shown = case.speaking[:MOST]
    followed = [_followed(case, result) for result in shown]
    worsening = list(_worsening(case, {result.signal for result in shown}))
    rules = [f"Mind: {lower(rule.says)}." for rule in case.decision.worker_rules]
    sentences = [*followed, *(said for _, said in worsening), _patience(case), *rules]
    text = joined(sentences) or "Nothing in particular."
    cited = (*(result.signal for result in shown), *(signal for signal, _ in worsening))
    return Paragraph("watch", "Watch", text, tuple(dict.fromkeys(cited)))


def _followed(case: Case, result: GateResult) -> str:
    """One signal: its value now, and where each of its gates stops or begins to fire."""
    if result.value is None:
        return ""
    ends = [_turning(case, gate) for gate in case.ruleset.gates if gate.signal == result.signal]
    now = case.amount(result.signal, result.value)
    changes = [text for text in ends if text]
    return f"{result.signal} ({noun(result.signal)}) is {now} now; {'; '.join(changes)}." if changes else ""


def _turning(case: Case, gate: Gate) -> str:
    result = case.results[gate.key]
    if gate.level not in SPEAKING or result.outcome is Outcome.UNKNOWN or result.note:
        return ""
    held = result.near and case.decision.state is HealthState.CRITICAL
    if result.outcome is Outcome.FIRED or held:
        end = case.amount(gate.signal, result.threshold * (gate.recovery or 1.0))
        return f"{gate.level.value} ends {_OTHER_SIDE[gate.direction]} {end}"
    return f"{gate.level.value} begins {gate.direction.value} {case.amount(gate.signal, result.threshold)}"


def _worsening(case: Case, told: set[str]) -> Iterator[tuple[str, str]]:
    """Signals that get worse and come close to a gate which does not fire yet."""
    nearest: dict[str, GateResult] = {}
    for result in case.decision.gates:
        if result.level in SPEAKING and result.outcome is Outcome.CLEAR and result.margin is not None:
            known = nearest.get(result.signal)
            if known is None or result.margin > (known.margin or 0.0):
                nearest[result.signal] = result
    for signal, result in list(nearest.items()):
        trend = case.trends.get(signal)
        is_worse = trend is not None and trend.direction is TrendDirection.WORSENING
        if signal in told or not is_worse or (result.margin or 0.0) < -CLOSE or result.value is None:
            continue
        gate = case.gates[result.key]
        limit = case.amount(signal, result.threshold)
        now = case.amount(signal, result.value)
        yield signal, f"{signal} gets worse: {now} now; {gate.level.value} begins {gate.direction.value} {limit}."


def _patience(case: Case) -> str:
    """How many cycles lie before the next change of state."""
    memory, patience = case.decision.memory, case.ruleset.patience
    if case.decision.state is not HealthState.STRESSED:
        return ""
    if case.fired(Level.CRITICAL):
        left = patience.critical - memory.critical_cycles
        return f"Critical after {_cycles(left)} more like this." if left > 0 else ""
    if memory.calm_cycles:
        left = patience.calm - memory.calm_cycles
        return f"Happy again after {_cycles(left)} more without complaint." if left > 0 else ""
    return ""


def _cycles(count: int) -> str:
    return f"{count} cycle" if count == 1 else f"{count} cycles"
