"""The effective settings, as commands, hooks and the listing see them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import attrs

from sre_copilot.settings.core import ApiSettings, CopilotSettings, ModelSettings, NarrativeSettings
from sre_copilot_hookspecs.clusters import Cluster, TemporalConnection
from sre_copilot_hookspecs.errors import SettingsError
from sre_copilot_hookspecs.nearest import did_you_mean

if TYPE_CHECKING:
    from sre_copilot_hookspecs.health import Band

Section = TypeVar("Section")


class Entry(NamedTuple):
    """One effective value."""

    key: str
    """Dotted: ``clusters.prod.temporal.address``."""
    value: object
    """As it may be shown: text, number, list or table, with secrets masked; ``None`` where it is unset."""
    source: str
    """``default``, ``sre-copilot.toml:12``, ``environment SRE_COPILOT_API_PORT`` or ``flag --port``."""


@attrs.frozen(eq=False)
class Settings:
    """All settings, checked and complete. What a hook receives."""

    copilot: CopilotSettings
    api: ApiSettings
    narrative: NarrativeSettings
    temporal: TemporalConnection | None
    """The Temporal server the copilot itself runs on; ``None``: the embedded one."""
    clusters: tuple[Cluster, ...]
    file: Path | None = None
    """The settings file, where there is one."""
    plugins: tuple[str, ...] = ()
    """Plugins the settings ask for."""
    _sections: Mapping[type, object] = attrs.field(factory=dict, repr=False)
    _thresholds: Mapping[str, float] = attrs.field(factory=dict, repr=False)
    _cluster_thresholds: Mapping[str, Mapping[str, float]] = attrs.field(factory=dict, repr=False)
    _bands: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    _entries: tuple[Entry, ...] = attrs.field(default=(), repr=False)
    model: ModelSettings = attrs.field(factory=ModelSettings)
    """Who puts explanations into other words."""

    @property
    def data_folder(self) -> Path:
        """Where the copilot keeps what it must find again."""
        return self.copilot.data_folder

    def section(self, kind: type[Section]) -> Section:
        """A plugin's own settings.

        :raises KeyError: if no plugin registered ``kind``.
        """
        found = self._sections[kind]
        assert isinstance(found, kind)
        return found

    def cluster(self, name: str) -> Cluster:
        """A watched cluster by its name.

        :raises SettingsError: if there is none of this name.
        """
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        if not self.clusters:
            raise SettingsError(f"there is no cluster {name!r}; no cluster is set up, so add [clusters.{name}]")
        hint = did_you_mean(name, [cluster.name for cluster in self.clusters])
        raise SettingsError(f"there is no cluster {name!r}{hint}")

    def thresholds(self, cluster: str) -> dict[str, float]:
        """Threshold overrides of a cluster, its own before those for all. The ruleset checks the keys."""
        return {**self._thresholds, **self._cluster_thresholds.get(cluster, {})}

    def band(self, cluster: str) -> Band | None:
        """The scale band a cluster is set to, if it is."""
        from sre_copilot_hookspecs.health import Band  # loads every type of the contract

        name = self._bands.get(cluster)
        return Band(name) if name is not None else None

    def entries(self) -> tuple[Entry, ...]:
        """Every effective value with its source; secrets are masked."""
        return self._entries
