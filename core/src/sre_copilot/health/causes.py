"""Which declared cause fits the facts, and which came close."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from sre_copilot.health import worker_rules
from sre_copilot.health.decision import NO_CAUSE, CauseVerdict, GateResult, Outcome
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Cause, Finding, Level

BLIND = "copilot.blind"
"""The fact that too little could be read for longer than the ruleset allows."""

FACTS = (Level.CRITICAL, Level.STRESSED, Level.EVIDENCE)
"""Levels whose fired gates are facts; the others describe a mode or good health."""


_AFTERMATH = 0.5
"""Agreement with a cause whose evidence is gone and whose consequences are still there."""


@attrs.frozen
class Chosen:
    """The cause, and what else is to be said of it."""

    cause: CauseVerdict = NO_CAUSE
    runners_up: tuple[CauseVerdict, ...] = ()
    agreed: float = 1.0
    """The share of its evidence that is there, 0 to 1."""


NOBODY = Chosen()
"""Nobody is to blame."""


def facts_of(results: Iterable[GateResult], findings: tuple[Finding, ...], *, blind: bool) -> frozenset[str]:
    """Keys of every fired gate and every finding, and :data:`BLIND`."""
    fired = Outcome.FIRED
    facts = [result.key for result in results if result.outcome is fired and result.level in FACTS]
    facts += [finding.key for finding in findings]
    return frozenset([*facts, BLIND] if blind else facts)


def applies(cause: Cause, facts: frozenset[str]) -> bool:
    """Whether the facts show this cause."""
    if not facts.issuperset(cause.requires) or not facts.isdisjoint(cause.unless):
        return False
    if cause.any_of:
        return not facts.isdisjoint(cause.any_of)
    return bool(cause.requires)


def verdict(cause: Cause, facts: frozenset[str], *, carried: bool = False) -> CauseVerdict:
    """A cause with the facts that speak for it."""
    named = (*cause.requires, *cause.any_of, *cause.supports)
    speaking = tuple(dict.fromkeys(fact for fact in named if fact in facts))
    return CauseVerdict(cause.key, cause.name, cause.service, cause.says, speaking, cause.actions, carried)


def carried(causes: tuple[Cause, ...], facts: frozenset[str], before: str) -> CauseVerdict:
    """The last cause, marked as carried; none where there was none."""
    last = next((cause for cause in causes if cause.key == before), None)
    return NO_CAUSE if last is None else verdict(last, facts, carried=True)


def choose(
    causes: tuple[Cause, ...], facts: frozenset[str], before: str, *, recovering: bool
) -> tuple[CauseVerdict, tuple[CauseVerdict, ...]]:
    """The cause and the runners-up.

    :param before: key of the last cause, or ``none``.
    :param recovering: the cluster works off what the last cause left behind, so that cause stays named, marked
        as carried, unless something more specific is seen.
    """
    fitting = sorted((cause for cause in causes if applies(cause, facts)), key=lambda cause: (-cause.rank, cause.key))
    last = next((cause for cause in causes if cause.key == before), None)
    found = [verdict(cause, facts) for cause in fitting]
    if last is not None and recovering and (not fitting or fitting[0].rank < last.rank):
        others = tuple(other for other in found if other.key != last.key)
        return verdict(last, facts, carried=True), others
    return (found[0], tuple(found[1:])) if found else (NO_CAUSE, ())


def blame(rules: Ruleset, facts: frozenset[str], before: str, speaking: bool, recovering: bool) -> Chosen:
    """Everything about the cause that follows from facts alone. Only actions are named that no worker rule forbids.

    :param before: as for :func:`choose`, and so is ``recovering``.
    :param speaking: whether anything is seen now that somebody may be blamed for. Otherwise nothing is wrong any more,
        and the way back to Happy is not over: it is still the way out of the old.
    """
    if speaking:
        cause, runners_up = choose(rules.causes, facts, before, recovering=recovering)
    else:
        cause, runners_up = carried(rules.causes, facts, before), ()
    declared = next((known for known in rules.causes if known.key == cause.key), None)
    agreed = _AFTERMATH if cause.carried else agreement(declared, facts)
    actions = worker_rules.permitted(cause.actions, rules.worker_rules, facts)
    return Chosen(attrs.evolve(cause, actions=actions), runners_up, agreed)


def agreement(cause: Cause | None, facts: frozenset[str]) -> float:
    """The share of a cause's evidence that is there, 0 to 1; 1 for no cause."""
    if cause is None:
        return 1.0
    wanted = len(cause.requires) + len(cause.supports) + (1 if cause.any_of else 0)
    there = sum(fact in facts for fact in (*cause.requires, *cause.supports))
    there += 1 if facts.intersection(cause.any_of) else 0
    return there / wanted if wanted else 1.0
