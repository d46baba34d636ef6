"""How a running workflow takes over another ruleset, and which ones it refuses."""

from __future__ import annotations

import attrs

from sre_copilot.health.encoding import to_json
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.parcels import still_needed
from sre_copilot_hookspecs import Category, Level

RULESET_BYTES = 1024 * 1024
"""Canonical JSON of the largest ruleset. It travels as one payload, of which a server takes two megabytes."""


def with_rules(state: ObserveInput, ruleset: Ruleset) -> ObserveInput:
    """The same state under other rules; former ones are kept as long as a waiting decision needs them."""
    earlier = still_needed((*state.earlier, state.ruleset), state.queue)
    return attrs.evolve(state, ruleset=ruleset, earlier=earlier)


def refuse_unusable(ruleset: Ruleset) -> None:
    """Refuse a ruleset that could never decide.

    :raises ValueError: with one sentence for whoever handed it over.
    """
    if not ruleset.signals or not ruleset.gates:
        raise ValueError("The ruleset has no signals or no gates; it would never decide anything.")
    unknown = {gate.signal for gate in ruleset.gates} - {rule.key for rule in ruleset.signals}
    if unknown:
        raise ValueError(f"Gates of the ruleset judge signals that it lacks: {', '.join(sorted(unknown))}.")
    numbers = {threshold.key for threshold in ruleset.thresholds}
    used = {name for gate in ruleset.gates for name in (gate.threshold, *(each.threshold for each in gate.when))}
    if used - numbers:
        raise ValueError(f"Gates of the ruleset compare with thresholds it lacks: {', '.join(sorted(used - numbers))}.")
    primary = {rule.key for rule in ruleset.signals if rule.category is Category.PRIMARY}
    for gate in ruleset.gates:
        if gate.level is Level.CRITICAL and gate.signal not in primary:
            raise ValueError(f"Gate {gate.key} would lead to Critical, but its signal {gate.signal} is not primary.")
    size = len(to_json(ruleset).encode())
    if size > RULESET_BYTES:
        raise ValueError(f"The ruleset takes {size} bytes; at most {RULESET_BYTES} can be handed over.")
