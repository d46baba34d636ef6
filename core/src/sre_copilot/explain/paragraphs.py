"""The parts of an explanation that tell where we are, what triggered, why, and what it means."""

from __future__ import annotations

import re

from sre_copilot.explain.case import Case
from sre_copilot.explain.evidence import log_id
from sre_copilot.explain.phrases import capital, joined, lasting, listed, moment, noun
from sre_copilot.explain.status import LogPatternRow
from sre_copilot.health.decision import TrendDirection
from sre_copilot.health.sentences import quantity
from sre_copilot.narrative.silence import names_cause
from sre_copilot_hookspecs import Band, Category, HealthState, Level, Mode, Paragraph, Pressure, Unit

MOST_ECHOES = 2
"""Gates told beside the trigger. More of them say nothing new at night."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
"""What a service may be called in a sentence. Whoever writes a log line also chooses the name in it."""
_MODES = {
    Mode.NORMAL: "",
    Mode.IDLE: "Nothing is asked of it.",
    Mode.SYSTEM_BUSY: "It is busy with its own housekeeping.",
    Mode.RECOVERING: "It works off a backlog.",
    Mode.BLIND: "Too little of it can be read to judge it.",
}
_TRENDS = {
    TrendDirection.IMPROVING: "It is getting better.",
    TrendDirection.WORSENING: "It is getting worse.",
    TrendDirection.STABLE: "",
}


def setting(case: Case) -> Paragraph:
    """Where we are: since when, how much the cluster carries, what it is busy with, how much of it is seen."""
    decision = case.decision
    text = joined((_since(case), _load(case), _MODES[decision.mode], case.seen()))
    cited = [signal for signal in (case.ruleset.scale.signal, *_demand(case)) if signal in case.values]
    return Paragraph("setting", "Where we are", text, tuple(dict.fromkeys(cited)))


def _since(case: Case) -> str:
    decision = case.decision
    since = moment(decision.since, decision.at)
    if decision.state is HealthState.UNKNOWN:
        return f"How {decision.cluster} is doing is not known yet."
    if decision.changed:
        before = f"; before, it was {decision.before.value}" if decision.before is not HealthState.UNKNOWN else ""
        return f"{decision.cluster} became {decision.state.value} at {since}{before}."
    lasted = lasting(decision.since, decision.at)
    return f"{decision.cluster} is {decision.state.value} since {since}, for {lasted}."


def _load(case: Case) -> str:
    scale = case.ruleset.scale.signal
    carried = [signal for signal in (scale, *_demand(case)) if signal in case.values]
    if not carried:
        return f"It is judged as {case.decision.band.value}."
    amounts = [f"{case.amount(signal, case.values[signal])} {noun(signal)}" for signal in dict.fromkeys(carried)]
    return f"It carries {listed(amounts)}, and is judged as {case.decision.band.value} ({_range(case)})."


def _demand(case: Case) -> list[str]:
    return [rule.key for rule in case.ruleset.signals if rule.category is Category.DEMAND]


def _range(case: Case) -> str:
    rule = case.ruleset.scale
    if rule.signal not in case.units:
        return "fixed"
    low, high = (case.amount(rule.signal, value) for value in (rule.mid_scale_from, rule.high_throughput_from))
    return {
        Band.STARTER: f"under {low}",
        Band.MID_SCALE: f"from {low} to under {high}",
        Band.HIGH_THROUGHPUT: f"from {high}",
    }[case.decision.band]


def trigger(case: Case) -> Paragraph:
    """The gate that weighs most and its closest echoes, or why the state is what it is without any."""
    decision, first = case.decision, case.trigger
    pressing = [finding for finding in decision.findings if finding.pressure is Pressure.PRESSURE]
    if first is None:
        text = joined((case.reason, *(finding.says for finding in pressing[:MOST_ECHOES])))
        return Paragraph("trigger", "What triggered", text, tuple(finding.key for finding in pressing[:MOST_ECHOES]))
    echoes = case.speaking[1:]
    left = len(echoes) - MOST_ECHOES
    text = joined(
        (
            case.say(first.key),
            _TRENDS[case.trends[first.signal].direction] if first.signal in case.trends else "",
            *(case.say(echo.key) for echo in echoes[:MOST_ECHOES]),
            f"{left} more {'signal is' if left == 1 else 'signals are'} past a limit." if left > 0 else "",
        )
    )
    cited = (first.key, *(echo.key for echo in echoes[:MOST_ECHOES]))
    return Paragraph("trigger", "What triggered", text, cited)


def cause(case: Case, *, confidence: float) -> Paragraph:
    """Why, with the facts that show it and those that came close."""
    decision = case.decision
    found = decision.cause
    if found.key == "none":
        return Paragraph("cause", "Why", _nobody(case))
    if found.carried:
        said = f"{capital(found.name)}: that is over; what is seen now is what it left behind."
        return Paragraph("cause", "Why", joined((said, _sure(confidence))), found.facts)
    text = joined(
        (
            f"{capital(found.name)}. {found.says}",
            *_shown(case),
            *_logs(case),
            _runners_up(case),
            _sure(confidence),
        )
    )
    return Paragraph("cause", "Why", text, (*found.facts, *_log_evidence(case)))


def _shown(case: Case) -> list[str]:
    """Facts of the cause that neither the trigger nor the paragraph about the actors tells already."""
    told = {result.signal for result in case.speaking[: 1 + MOST_ECHOES]}
    blamed = case.blamed
    of_the_blamed = blamed.facts[:1] if blamed is not None else ()
    facts = [
        fact
        for fact in case.decision.cause.facts
        if fact not in of_the_blamed and not (fact in case.results and case.results[fact].signal in told)
    ]
    return list(dict.fromkeys(said for fact in facts if (said := case.say(fact))))[:MOST_ECHOES]


def _sure(confidence: float) -> str:
    return f"Confidence {quantity(confidence, Unit.RATIO)}."


def _nobody(case: Case) -> str:
    if case.decision.state is HealthState.HAPPY:
        return "Nothing holds back forward progress, so nobody is to blame."
    return "Nobody is to blame for now: what is seen fits no known cause."


def _runners_up(case: Case) -> str:
    names = [other.name for other in case.decision.runners_up]
    return f"Would also fit, but explains less: {listed(names)}." if names else ""


def _telling(case: Case) -> list[LogPatternRow]:
    """Log patterns with a meaning that accompany a gate of the cause, most lines first.

    What no parser knows agrees with nothing, and nothing agrees where there is no cause: lines of a trouble that is
    over are shown for some minutes more.
    """
    known = [
        pattern
        for pattern in case.log_patterns
        if pattern.means and not pattern.new and names_cause(pattern.gates, case.decision.cause.facts)
    ]
    return sorted(known, key=lambda pattern: (-pattern.count, pattern.key))[:MOST_ECHOES]


def _log_evidence(case: Case) -> tuple[str, ...]:
    return tuple(log_id(pattern.key) for pattern in _telling(case))


def _logs(case: Case) -> list[str]:
    # Only what a parser says about a line is repeated, never the line.
    return [f"The logs agree, {_lines(pattern)}: {pattern.means}" for pattern in _telling(case)]


def _lines(pattern: LogPatternRow) -> str:
    count = f"{quantity(pattern.count, Unit.COUNT)} {'line' if pattern.count == 1 else 'lines'}"
    return f"{count} of {pattern.service}" if _PLAIN_NAME.fullmatch(pattern.service) else count


def meaning(case: Case) -> Paragraph:
    """Whether forward progress is intact, and what only looks bad."""
    decision = case.decision
    recovering = case.fired(Level.RECOVERING) if decision.mode is Mode.RECOVERING else ()
    expected = [said for status in decision.services for said in status.expected]
    text = joined((_progress(case), *(case.say(result.key) for result in recovering), *expected))
    return Paragraph("meaning", "What it means", text, tuple(result.key for result in recovering))


def _progress(case: Case) -> str:
    decision = case.decision
    if decision.state is HealthState.HAPPY:
        return "Forward progress is intact."
    if decision.state is HealthState.UNKNOWN:
        return "Whether work makes progress cannot be said yet."
    if decision.state is HealthState.CRITICAL:
        if case.fired(Level.CRITICAL):
            return "Forward progress is lost: accepted work does not get done as it should."
        return "Forward progress was lost, and is not yet surely back."
    if decision.mode is Mode.BLIND:
        return "Whether work makes progress cannot be seen, which is trouble enough."
    if case.fired(Level.CRITICAL):
        return "Forward progress is about to be lost, unless this passes by itself."
    if decision.mode is Mode.RECOVERING:
        return "Forward progress is back; the backlog still has to be worked off."
    if case.fired(Level.STRESSED):
        return "Work still moves forward, but it suffers."
    return "Forward progress is intact, under pressure or not yet calm for long enough."
