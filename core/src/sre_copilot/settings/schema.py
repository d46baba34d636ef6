"""What can be set: the known tree of tables and values."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import attrs

from sre_copilot.settings.core import ApiSettings, ClusterSettings, CopilotSettings, ModelSettings, NarrativeSettings
from sre_copilot.settings.masking import holds_secrets, is_secret
from sre_copilot.settings.values import is_supported
from sre_copilot_hookspecs.clusters import SettingsSection, TemporalConnection
from sre_copilot_hookspecs.errors import DeclarationError


@attrs.frozen
class Leaf:
    """One value that can be set."""

    owner: type | None
    """The class it becomes a field of."""
    field: str
    kind: Any
    default: object
    secret: bool = False
    hides: bool = False
    """Whether a value of it, right or wrong, must not appear in a sentence: it is secret or holds secrets."""


@attrs.frozen
class Table:
    """One table: its values, the tables in it, and what its unknown names mean."""

    leaves: Mapping[str, Leaf] = attrs.field(factory=dict)
    tables: Mapping[str, Table] = attrs.field(factory=dict)
    each: Table | None = None
    """Where names are the user's, as in ``[clusters.NAME]``: the table below each."""
    free: Leaf | None = None
    """Where any dotted key is a value, as in ``[thresholds]``."""
    ignored: bool = False
    """Nothing below is looked at: it belongs to a plugin that is not there."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every known key."""
        return (*self.leaves, *self.tables)


def fields_of(kind: type) -> Mapping[str, Leaf]:
    """The fields of a settings class by the key they have in the file.

    :raises DeclarationError: if it is no attrs class, or a field has no default or a type no file can hold.
    """
    return _fields_of(kind)


@cache
def _fields_of(kind: type) -> Mapping[str, Leaf]:
    if not attrs.has(kind):
        raise DeclarationError(f"{kind.__name__} is not an attrs class")
    try:
        hints = typing.get_type_hints(kind)
    except NameError as error:
        raise DeclarationError(f"the type of a field of {kind.__name__} is unknown here: {error}") from None
    return {
        field.alias or field.name: _leaf(kind, field, hints[field.name]) for field in attrs.fields(kind) if field.init
    }


def _leaf(kind: type, field: attrs.Attribute[Any], hint: Any) -> Leaf:
    where = f"{kind.__name__}.{field.name}"
    if field.default is attrs.NOTHING:
        raise DeclarationError(f"{where} has no default; every setting needs one")
    if not is_supported(hint):
        raise DeclarationError(
            f"{where} is {hint}; settings hold text, numbers, booleans, paths, choices, tables and tuples of these"
        )
    hides = is_secret(field) or (not is_table(hint) and holds_secrets(hint))
    return Leaf(kind, field.name, hint, _default(field, where), is_secret(field), hides)


def _default(field: attrs.Attribute[Any], where: str) -> object:
    # attrs types a factory as the value that it makes.
    default: Any = field.default
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    if default.takes_self:
        raise DeclarationError(f"the default of {where} depends on other fields; give it a value of its own")
    return default.factory()


def table_of(kind: type) -> Table:
    """The table of a settings class; fields that are settings classes themselves are tables in it."""
    fields = fields_of(kind)
    return Table(
        leaves={name: leaf for name, leaf in fields.items() if not is_table(leaf.kind)},
        tables={name: table_of(leaf.kind) for name, leaf in fields.items() if is_table(leaf.kind)},
    )


def is_table(kind: Any) -> bool:
    """Whether a field of this type is a table rather than a value."""
    return isinstance(kind, type) and attrs.has(kind)


def with_section(table: Table, section: SettingsSection) -> Table:
    """The table with a plugin's section in it.

    A section may share a table with the core, as ``[clusters.NAME.temporal]`` holds the connection and what
    the plugin needs to know besides; their keys must differ.

    :raises DeclarationError: if the section's class does not fit, or a key is taken.
    """
    own = table_of(section.kind)
    if section.name in table.leaves:
        raise DeclarationError(f"section {section.name!r} has the name of a setting")
    there = table.tables.get(section.name, Table())
    taken = set(own.names) & set(there.names)
    if taken:
        raise DeclarationError(
            f"section {section.name!r} declares {', '.join(sorted(taken))}, which this table already has"
        )
    shared = attrs.evolve(there, leaves={**there.leaves, **own.leaves}, tables={**there.tables, **own.tables})
    return attrs.evolve(table, tables={**table.tables, section.name: shared})


def core_cluster_table() -> Table:
    """``[clusters.NAME]`` without what plugins add."""
    own = table_of(ClusterSettings)
    return attrs.evolve(own, tables={"temporal": table_of(TemporalConnection), "thresholds": _thresholds()})


def core_table() -> Table:
    """The top without clusters and without what plugins add."""
    copilot = table_of(CopilotSettings)
    own_server = table_of(TemporalConnection)
    # Unset, unlike that of a watched cluster: the embedded server has no address before it runs.
    address = attrs.evolve(own_server.leaves["address"], kind=str | None, default=None)
    own_server = attrs.evolve(own_server, leaves={**own_server.leaves, "address": address})
    return Table(
        leaves={"plugins": Leaf(None, "plugins", tuple[str, ...], ())},
        tables={
            "copilot": attrs.evolve(copilot, tables={"temporal": own_server}),
            "api": table_of(ApiSettings),
            "narrative": table_of(NarrativeSettings),
            "model": table_of(ModelSettings),
            "thresholds": _thresholds(),
        },
    )


def with_ignored(table: Table, names: Iterable[str]) -> Table:
    """The table with those of absent plugins in it, as far as nobody else owns them."""
    ignored = {name: Table(ignored=True) for name in names if name not in table.names}
    return attrs.evolve(table, tables={**table.tables, **ignored})


def _thresholds() -> Table:
    return Table(free=Leaf(None, "thresholds", float, 0.0))
