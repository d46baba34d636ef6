"""The whole explanation, written by rules from a decision and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from sre_copilot.explain import paragraphs
from sre_copilot.explain.actors import actors
from sre_copilot.explain.advice import advice
from sre_copilot.explain.case import Case
from sre_copilot.explain.confidence import confidence
from sre_copilot.explain.phrases import lower
from sre_copilot.explain.status import LogPatternRow
from sre_copilot.explain.watching import watch
from sre_copilot.health.decision import Decision
from sre_copilot.health.ruleset import Ruleset
from sre_copilot_hookspecs import Explanation


def explain(ruleset: Ruleset, decision: Decision, log_patterns: Sequence[LogPatternRow] = ()) -> Explanation:
    """What a colleague should know about a decision. Equal arguments give equal text.

    :param ruleset: the rules the decision was made with.
    :param log_patterns: what the logs said meanwhile; of each only its declared meaning and its count are told.
    """
    case = Case(ruleset, decision, tuple(log_patterns))
    sure = confidence(case)
    return Explanation(
        title=_title(case),
        paragraphs=(
            paragraphs.setting(case),
            paragraphs.trigger(case),
            actors(case),
            paragraphs.cause(case, confidence=sure),
            paragraphs.meaning(case),
            watch(case),
        ),
        actions=advice(case, confidence=sure),
        confidence=sure,
    )


def _title(case: Case) -> str:
    decision = case.decision
    if decision.cause.key == "none":
        return f"{decision.cluster} is {decision.state.value}: {lower(case.reason)}"
    aftermath = ", recovering" if decision.cause.carried else ""
    return f"{decision.cluster} is {decision.state.value}: {decision.cause.name}{aftermath}"
