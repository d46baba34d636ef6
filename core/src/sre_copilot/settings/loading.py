"""From layers to settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from sre_copilot.plugins.manager import Manager
from sre_copilot.settings.building import Builder
from sre_copilot.settings.document import SettingsFile
from sre_copilot.settings.effective import Settings
from sre_copilot.settings.environment import of_environment
from sre_copilot.settings.layers import Layer, of_file, of_overrides
from sre_copilot.settings.schema import (
    Table,
    core_cluster_table,
    core_table,
    with_ignored,
    with_section,
)
from sre_copilot_hookspecs.clusters import SettingsSection
from sre_copilot_hookspecs.errors import DeclarationError


def load(
    manager: Manager,
    *,
    file: SettingsFile | Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings of this process.

    :param file: a settings file; none is looked for if it is not given.
    :param environment: variables, usually ``os.environ``.
    :param overrides: nested as in the file; a :class:`Flag` is shown with its name, ``None`` sets nothing.
    :raises SettingsError: with one line for each thing that is wrong.
    """
    if isinstance(file, Path):
        file = SettingsFile.read(file)
    sections, schema = _schema(manager)
    from_file = of_file(file, schema) if file is not None else Layer()
    from_program = of_overrides(overrides or {}, schema)
    named = tuple(dict.fromkeys((*from_file.clusters, *from_program.clusters)))
    from_environment = of_environment(environment or {}, schema, named, lambda: _threshold_keys(manager))
    layers = (from_file, from_environment, from_program)
    builder = Builder(
        schema,
        {assignment.keys: assignment for layer in layers for assignment in layer.assignments},
        tuple(dict.fromkeys((*named, *from_environment.clusters))),
        [problem for layer in layers for problem in layer.problems],
    )
    return builder.settings(sections, file.path if file is not None else None)


def _schema(manager: Manager) -> tuple[tuple[SettingsSection, ...], Table]:
    """The known tree, and the sections of plugins that are in it. A section that does not fit is left out."""
    top, cluster = core_table(), core_cluster_table()
    taken: list[SettingsSection] = []
    for declared in manager.collect("copilot_settings"):
        section: SettingsSection = declared.value
        try:
            if section.per_cluster:
                cluster = with_section(cluster, section)
            else:
                top = with_section(top, section)
        except DeclarationError as error:
            says = f"{manager.describe(declared.plugin)}, hook copilot_settings: {error}"
            manager.leave_out(declared.plugin, "copilot_settings", says)
        else:
            taken.append(section)
    cluster = with_ignored(cluster, manager.absent)
    top = attrs.evolve(top, tables={**top.tables, "clusters": Table(each=cluster)})
    return tuple(taken), with_ignored(top, manager.absent)


def _threshold_keys(manager: Manager) -> tuple[str, ...]:
    profiles = manager.collect("copilot_threshold_profiles")
    return tuple(threshold.key for profile in profiles for threshold in profile.value.thresholds)
