"""What must not be done to workers now, and what is worth knowing before anything is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sre_copilot.health.decision import GateResult, RuleVerdict
from sre_copilot_hookspecs import Action, WorkerRule


def holding(
    rules: Iterable[WorkerRule], facts: frozenset[str], results: Mapping[str, GateResult]
) -> tuple[RuleVerdict, ...]:
    """The rules of which a fact holds, with where it does."""
    found = []
    for rule in rules:
        if not facts.isdisjoint(rule.when):
            speaking = tuple(fact for fact in rule.when if fact in facts)
            where = next((results[fact].where for fact in speaking if fact in results), ())
            found.append(RuleVerdict(rule.key, rule.severity, rule.says, speaking, where))
    return tuple(found)


def permitted(actions: tuple[Action, ...], rules: Iterable[WorkerRule], facts: frozenset[str]) -> tuple[Action, ...]:
    """The actions that no rule forbids of which a fact holds."""
    held = [rule for rule in rules if not facts.isdisjoint(rule.when)]
    forbidden = {rule.forbids for rule in held if rule.forbids is not None}
    return tuple(action for action in actions if not _named(action) & forbidden)


def _named(action: Action) -> set[tuple[object, str]]:
    """What a rule may call this action: its kind with its direction, or with its target."""
    direction = dict(action.parameters).get("direction")
    return {(action.kind, name) for name in (direction, action.target) if name is not None}
