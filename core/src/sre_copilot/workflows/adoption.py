"""How a running workflow takes over another ruleset, and which ones it refuses."""

from __future__ import annotations

import attrs

from sre_copilot.health.checks import check_judging
from sre_copilot.health.declarations import Declared
from sre_copilot.health.encoding import to_json
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.workflows.messages import ObserveInput
from sre_copilot.workflows.parcels import still_needed

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
    # Whoever handed it over need not have been this version's command line. Findings are known to plugins alone.
    wrong = check_judging(ruleset, [Declared("of the update", gate) for gate in ruleset.gates])
    if wrong:
        more = f" There are {len(wrong) - 1} more mistakes." if len(wrong) > 1 else ""
        raise ValueError(f"The ruleset is not valid: {wrong[0]}.{more}")
    size = len(to_json(ruleset).encode())
    if size > RULESET_BYTES:
        raise ValueError(f"The ruleset takes {size} bytes; at most {RULESET_BYTES} can be handed over.")
