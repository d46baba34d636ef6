"""Runbooks' part of ``doctor``: is there anything to find, and can all of it be read?"""

from __future__ import annotations

import attrs

from sre_copilot_hookspecs import CheckOutcome, CheckResult, Settings
from sre_copilot_runbooks.library import shelves, stock
from sre_copilot_runbooks.settings import RunbooksSettings


@attrs.frozen
class RunbookChecks:
    """Reads every guide once."""

    key: str = "runbooks"

    async def run(self, settings: Settings) -> list[CheckResult]:
        """One line for the whole, and one for each file that cannot be read."""
        chosen = settings.section(RunbooksSettings)
        found = stock(shelves(chosen.folders, built_in=chosen.built_in))
        problems = [CheckResult("runbooks", CheckOutcome.WARNING, problem) for problem in found.problems]
        if not found.passages:
            says = "There is no passage to find; set runbooks.folders, or runbooks.built_in to true."
            return [CheckResult("runbooks", CheckOutcome.WARNING, says), *problems]
        says = f"{len(found.documents)} files with {len(found.passages)} passages can be searched."
        return [CheckResult("runbooks", CheckOutcome.OK, says), *problems]
