"""Builds the typed settings from assignments, and collects everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sre_copilot.settings.core import ApiSettings, ClusterSettings, CopilotSettings, ModelSettings, NarrativeSettings
from sre_copilot.settings.descriptions import description
from sre_copilot.settings.document import Keys
from sre_copilot.settings.effective import Entry, Settings
from sre_copilot.settings.layers import Assignment
from sre_copilot.settings.masking import shown, without
from sre_copilot.settings.schema import Leaf, Table, fields_of, is_table
from sre_copilot.settings.values import WrongValue, convert
from sre_copilot_hookspecs.clusters import Cluster, SettingsSection, TemporalConnection
from sre_copilot_hookspecs.errors import CopilotError, SettingsError

T = TypeVar("T")
_REFUSALS = (ValueError, TypeError, CopilotError)
"""What validators of settings classes raise."""


class Builder:
    """One load."""

    def __init__(
        self,
        schema: Table,
        assigned: Mapping[Keys, Assignment],
        clusters: tuple[str, ...],
        problems: list[str],
    ) -> None:
        """Convert every assigned value; :meth:`settings` makes something of them.

        :param assigned: of each key the assignment that counts.
        :param problems: what the layers found wrong.
        """
        self._schema = schema
        self._assigned = assigned
        self._clusters = clusters
        self._problems = problems
        self._secrets: list[object] = []
        self._values: dict[Keys, object] = {}
        self._derived: dict[Keys, tuple[object, str]] = {}
        for keys, leaf in self._leaves(schema, ()):
            self._values[keys] = self._value(keys, leaf)

    def settings(self, sections: tuple[SettingsSection, ...], file: Path | None) -> Settings:
        """The settings.

        :raises SettingsError: with one line for each thing that is wrong.
        """
        copilot = self._build(CopilotSettings, ("copilot",))
        api = self._build(ApiSettings, ("api",))
        narrative = self._build(NarrativeSettings, ("narrative",))
        model = self._build(ModelSettings, ("model",))
        own_server = self._own_server()
        top = [section for section in sections if not section.per_cluster]
        made = {section.kind: self._build(section.kind, (section.name,)) for section in top}
        below = [section for section in sections if section.per_cluster]
        clusters = tuple(self._cluster(name, copilot, below) for name in self._clusters)
        if self._problems or copilot is None or api is None or narrative is None or model is None:
            said = dict.fromkeys(without(problem, self._secrets) for problem in self._problems)
            raise SettingsError("\n".join(said))
        return Settings(
            copilot,
            api,
            narrative,
            own_server,
            tuple(cluster for cluster in clusters if cluster is not None),
            file,
            self._plain(("plugins",), tuple),
            made,
            self._thresholds(("thresholds",)),
            {name: self._thresholds(("clusters", name, "thresholds")) for name in self._clusters},
            self._bands(),
            tuple(self._entries()),
            model,
        )

    def _leaves(self, table: Table, keys: Keys) -> Iterator[tuple[Keys, Leaf]]:
        for name, leaf in table.leaves.items():
            yield (*keys, name), leaf
        for name, below in table.tables.items():
            yield from self._leaves(below, (*keys, name))
        if table.each is not None:
            for name in self._clusters:
                yield from self._leaves(table.each, (*keys, name))
        if table.free is not None:
            for found in self._assigned:
                if found[:-1] == keys:
                    yield found, table.free

    def _value(self, keys: Keys, leaf: Leaf) -> object:
        assigned = self._assigned.get(keys)
        if assigned is None:
            return leaf.default
        if leaf.secret:
            self._secrets.append(assigned.value)
        try:
            return convert(assigned.value, leaf.kind, folder=assigned.folder)
        except WrongValue as error:
            # What a class within says of its own secrets is not known, so nothing of it is told.
            says = "is not acceptable" if leaf.hides and not leaf.secret else str(error)
            self._wrong(keys, leaf, says)
            return leaf.default

    def _wrong(self, keys: Keys, leaf: Leaf, says: str) -> None:
        assigned = self._assigned[keys]
        said = "a hidden value" if leaf.hides else repr(shown(assigned.value, secret=False))
        help_text = description(leaf.owner, leaf.field) if leaf.owner is not None else ""
        sentence = f"{'.'.join(keys)} is {said} ({assigned.source}); it {says}"
        self._problems.append(f"{sentence}: {help_text}" if help_text else sentence)

    def _build(self, kind: type[T], keys: Keys) -> T | None:
        """An object of a settings class; ``None`` where a validator refuses it, which is a problem then."""
        values: dict[str, Any] = {}
        for name, leaf in fields_of(kind).items():
            below = (*keys, name)
            values[name] = self._build(leaf.kind, below) if is_table(leaf.kind) else self._values[below]
        try:
            return kind(**values)
        except _REFUSALS as error:
            self._blame(kind, keys, values, error)
            return None

    def _blame(self, kind: type, keys: Keys, values: Mapping[str, Any], error: Exception) -> None:
        """Find the value that a validator refuses: the one that is refused beside nothing but defaults."""
        blamed = False
        for name, leaf in fields_of(kind).items():
            below = (*keys, name)
            if below not in self._assigned:
                continue
            try:
                kind(**{name: values[name]})
            except _REFUSALS as refused:
                self._wrong(below, leaf, _rule(refused, leaf, values[name]))
                blamed = True
        if not blamed:
            self._problems.append(f"[{'.'.join(keys)}]: {' '.join(str(error).split())}")

    def _own_server(self) -> TemporalConnection | None:
        keys = ("copilot", "temporal")
        if self._values[*keys, "address"] is not None:
            return self._build(TemporalConnection, keys)
        for found in self._assigned:
            if found[:2] == keys:
                self._problems.append(
                    f"{'.'.join(found)} is set ({self._assigned[found].source}), but copilot.temporal.address"
                    " is not; set it too, or neither for the embedded server"
                )
        return None

    def _cluster(self, name: str, copilot: CopilotSettings | None, sections: list[SettingsSection]) -> Cluster | None:
        keys = ("clusters", name)
        own = self._build(ClusterSettings, keys)
        connection = self._build(TemporalConnection, (*keys, "temporal"))
        made = {section.kind: self._build(section.kind, (*keys, section.name)) for section in sections}
        if own is None or connection is None or copilot is None:
            return None
        namespaces, cycle = own.namespaces, own.cycle
        if namespaces is None:
            namespaces = (connection.namespace,)
            self._derived[*keys, "namespaces"] = (namespaces, f"clusters.{name}.temporal.namespace")
        if cycle is None:
            cycle = copilot.cycle
            self._derived[*keys, "cycle"] = (cycle, "copilot.cycle")
        return Cluster(name, connection, namespaces, own.task_queues, cycle, own.sources, made)

    def _plain(self, keys: Keys, kind: type[T]) -> T:
        found = self._values[keys]
        assert isinstance(found, kind)
        return found

    def _thresholds(self, keys: Keys) -> dict[str, float]:
        found = {assigned[-1]: self._values[assigned] for assigned in self._assigned if assigned[:-1] == keys}
        return {key: value for key, value in found.items() if isinstance(value, float)}

    def _bands(self) -> dict[str, str]:
        found = {name: self._values["clusters", name, "band"] for name in self._clusters}
        return {name: band for name, band in found.items() if isinstance(band, str)}

    def _entries(self) -> Iterator[Entry]:
        for keys, leaf in self._leaves(self._schema, ()):
            value, source = self._values[keys], "default"
            if keys in self._derived:
                value, source = self._derived[keys]
            elif keys in self._assigned:
                source = self._assigned[keys].source
            yield Entry(".".join(keys), shown(value, secret=leaf.secret), source)


def _rule(refused: Exception, leaf: Leaf, value: object) -> str:
    """A validator's complaint, going on from "it". Of a secret it may say anything, so nothing is kept."""
    if leaf.hides:
        return "is not acceptable"
    text = str(refused.args[0]) if refused.args else str(refused)
    text = text.removeprefix(f"{leaf.field!r} ").removesuffix(f": {value!r}")
    return " ".join(text.split())
