"""What this distribution adds to the copilot: searching runbooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_copilot_hookspecs.markers import hookimpl

if TYPE_CHECKING:
    from sre_copilot_hookspecs import Check, Retriever, Settings
    from sre_copilot_hookspecs.clusters import SettingsSection


@hookimpl
def copilot_settings() -> Sequence[SettingsSection]:
    """``[runbooks]``: folders with Markdown of the operator's own."""
    from sre_copilot_hookspecs.clusters import SettingsSection
    from sre_copilot_runbooks.settings import RunbooksSettings

    return [SettingsSection("runbooks", RunbooksSettings)]


@hookimpl
def copilot_retrievers(settings: Settings) -> Sequence[Retriever]:
    """The retriever ``runbooks``, unless there is nothing to search."""
    from sre_copilot_runbooks.library import shelves
    from sre_copilot_runbooks.retriever import RunbookRetriever
    from sre_copilot_runbooks.settings import RunbooksSettings

    chosen = settings.section(RunbooksSettings)
    searched = shelves(chosen.folders, built_in=chosen.built_in)
    return [RunbookRetriever(searched)] if searched else []


@hookimpl
def copilot_checks() -> Sequence[Check]:
    """Whether every guide can be read."""
    from sre_copilot_runbooks.checks import RunbookChecks

    return [RunbookChecks()]
