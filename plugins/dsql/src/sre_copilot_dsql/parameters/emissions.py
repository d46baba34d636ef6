"""Where a connection setting ends up: always in the environment, mostly in the plugin's settings file too."""

from __future__ import annotations

from sre_copilot_hookspecs.configuration import DSQL_PLUGIN, ENVIRONMENT, Emission


def emitted(variable: str, field: str = "", unit: str = "") -> tuple[Emission, ...]:
    """The emissions of one setting.

    :param field: its name in the settings file, or empty where the file has no such field.
    :param unit: ``min`` or ``s`` where that field is a whole number of these. The variable takes Go durations.
    """
    in_environment = Emission(ENVIRONMENT, variable)
    return (in_environment, Emission(DSQL_PLUGIN, field, unit)) if field else (in_environment,)
