"""What the settings want watched."""

from __future__ import annotations

import attrs

from sre_copilot.health.resolve import resolve
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.plugins.manager import Manager
from sre_copilot.settings import Settings


@attrs.frozen
class Watch:
    """One cluster as the settings want it watched."""

    cluster: str
    cycle: float
    """Seconds."""
    ruleset: Ruleset


def watches(manager: Manager, settings: Settings) -> tuple[Watch, ...]:
    """One for each cluster of the settings, with the rules that decide about it.

    :raises DeclarationError: if declarations or thresholds contradict each other, naming who made them.
    """
    declarations = manager.declarations()
    return tuple(
        Watch(
            cluster.name,
            cluster.cycle,
            resolve(
                declarations,
                overrides=settings.thresholds(cluster.name),
                band=settings.band(cluster.name),
            ),
        )
        for cluster in settings.clusters
    )
