"""What to do about a cause, without what a worker rule forbids now."""

from __future__ import annotations

from collections.abc import Iterable

from sre_copilot.explain.case import Case
from sre_copilot_hookspecs import Action, Advice, Mode, WorkerRule


def advice(case: Case, *, confidence: float) -> tuple[Advice, ...]:
    """The cause's actions in their order, each with the evidence of the cause.

    While the cluster works off what an old cause left behind there is nothing to do about that cause.
    """
    cause = case.decision.cause
    if cause.carried and case.decision.mode is Mode.RECOVERING:
        return ()
    allowed = permitted(cause.actions, rules_in_force(case))
    return tuple(Advice.of(action, confidence=confidence, evidence=cause.facts) for action in allowed)


def rules_in_force(case: Case) -> tuple[WorkerRule, ...]:
    """Worker rules of which a fact holds."""
    return tuple(rule for rule in case.ruleset.worker_rules if case.facts.intersection(rule.when))


def permitted(actions: Iterable[Action], rules: Iterable[WorkerRule]) -> tuple[Action, ...]:
    """The actions that none of the rules forbids."""
    in_force = tuple(rules)
    return tuple(action for action in actions if not any(forbids(rule, action) for rule in in_force))


def forbids(rule: WorkerRule, action: Action) -> bool:
    """Whether a rule forbids an action: its kind, and the direction or target that the rule names."""
    if rule.forbids is None:
        return False
    kind, what = rule.forbids
    return action.kind is kind and (action.target == what or any(value == what for _, value in action.parameters))
