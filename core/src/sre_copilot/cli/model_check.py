"""Whether the models of the settings can be asked, for ``doctor``."""

from __future__ import annotations

from collections.abc import Sequence

from whenever import Instant

from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings
from sre_copilot_hookspecs.errors import CopilotError
from sre_copilot_hookspecs.operations import CheckOutcome, CheckResult

NAME = "models"
LOADING = 60.0
"""Seconds to load the model libraries and find credentials, on a slow disk."""


async def model_results(manager: Manager, settings: Settings) -> Sequence[CheckResult]:
    """What is wrong with the models, and what of their budget is used. Nothing is asked of a model: that costs."""
    if not settings.model.is_configured:
        return []
    from sre_copilot.plugins.deadline import Overrun, call_within
    from sre_copilot.workflows.models import model_problem

    try:
        problem = await call_within(LOADING, lambda: model_problem(manager, settings), name="models")
    except Overrun:
        problem = f"No model can be asked: nothing was heard of them within {LOADING:g} s."
    if problem:
        return [CheckResult(NAME, CheckOutcome.FAILED, f"{problem} Until then, explanations are in the rules' words.")]
    named = dict.fromkeys(one for one in (settings.model.fast, settings.model.strong) if one)
    ready = CheckResult(NAME, CheckOutcome.OK, f"{' and '.join(named)} can be asked.")
    return [ready, *await _budgets(settings)]


async def _budgets(settings: Settings) -> list[CheckResult]:
    """Clusters whose budget is used up; nothing where the store is not ours to ask."""
    url = settings.copilot.database_url
    budget = settings.model.calls_per_hour
    if url is None:
        return []
    from sre_copilot.assess.budget import calls_lately
    from sre_copilot.store import Store

    results = []
    try:
        async with await Store.open(url, makes_tables=False) as store:
            for cluster in settings.clusters:
                used = await calls_lately(store, cluster.name, Instant.now())
                if used >= budget:
                    says = (
                        f"The budget of {budget} calls an hour is used up, so explanations are in the rules' words."
                        " Raise model.calls_per_hour or wait."
                    )
                    results.append(CheckResult(f"{cluster.name}: {NAME}", CheckOutcome.WARNING, says))
    except CopilotError as refusal:
        return [CheckResult(NAME, CheckOutcome.WARNING, f"What of the budget is used is not known: {refusal}")]
    return results
