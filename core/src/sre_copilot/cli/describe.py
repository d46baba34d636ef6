"""``sre-copilot describe``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sre_copilot.cli.configuring import load_registry, preset_configuration, show
from sre_copilot.explain.configuration import listing


def describe(
    preset: str,
    /,
    *,
    modifier: Annotated[str | None, Parameter(alias="-m")] = None,
    json: bool = False,
) -> None:
    """Show every value of a preset by class, with its source and rationale.

    :param preset: a key that sre-copilot presets lists.
    :param modifier: a key that sre-copilot modifiers lists.
    :param json: print JSON instead of tables.
    """
    manager, registry = load_registry()
    configuration = preset_configuration(registry, preset, modifier)
    show(manager, listing.describe(configuration), "json" if json else "text")
