"""``sre-copilot modifiers``."""

from __future__ import annotations

from sre_copilot.cli.configuring import load_registry, show
from sre_copilot.explain.configuration.listing import list_modifiers


def modifiers(*, json: bool = False) -> None:
    """List the modifiers, which fit a preset to a kind of workload, and what they set.

    :param json: print JSON instead of tables.
    """
    manager, registry = load_registry()
    show(manager, list_modifiers(registry), "json" if json else "text")
