"""``sre-copilot presets``."""

from __future__ import annotations

from sre_copilot.cli.configuring import load_registry, show
from sre_copilot.explain.configuration.listing import list_presets


def presets(*, json: bool = False) -> None:
    """List the presets, from which every configuration starts, and what they set.

    :param json: print JSON instead of tables.
    """
    manager, registry = load_registry()
    show(manager, list_presets(registry), "json" if json else "text")
