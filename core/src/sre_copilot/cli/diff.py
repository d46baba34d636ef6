"""``sre-copilot diff``."""

from __future__ import annotations

from sre_copilot.cli.configuring import configuration_named, load_registry, show
from sre_copilot.compiler.difference import differences
from sre_copilot.explain.configuration.listing import list_differences


def diff(left: str, right: str, /, *, json: bool = False) -> None:
    """Show what tells two presets or profiles apart.

    :param left: a preset, or the path of a profile.json.
    :param right: another one.
    :param json: print JSON instead of tables.
    """
    manager, registry = load_registry()
    found = differences(configuration_named(registry, left), configuration_named(registry, right))
    show(manager, list_differences(left, right, found), "json" if json else "text")
