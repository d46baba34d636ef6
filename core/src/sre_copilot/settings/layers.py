"""The layers of the settings, each a list of assignments to known keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from sre_copilot.settings.document import Keys, SettingsFile
from sre_copilot.settings.schema import Table
from sre_copilot_hookspecs.nearest import did_you_mean

CLUSTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@attrs.frozen
class Flag:
    """A value that a command-line flag gave."""

    name: str
    """As the user typed it: ``--port``."""
    value: object


@attrs.frozen
class Assignment:
    """One value and where it comes from."""

    keys: Keys
    value: object
    source: str
    folder: Path | None = None
    """What a relative path in it starts from."""


@attrs.frozen
class Layer:
    """Assignments, clusters that are named, and what is wrong."""

    assignments: tuple[Assignment, ...] = ()
    clusters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def of_file(file: SettingsFile, schema: Table) -> Layer:
    """What a settings file sets."""
    return _layer(file.content, schema, file.source, file.path.parent)


def of_overrides(overrides: Mapping[str, Any], schema: Table) -> Layer:
    """What flags, or the program itself, set. ``None`` sets nothing."""
    return _layer(overrides, schema, lambda _keys: "override", None)


def _layer(document: Mapping[str, Any], schema: Table, source: Callable[[Keys], str], folder: Path | None) -> Layer:
    walk = _Walk(source, folder)
    walk.table(document, schema, ())
    clusters = document.get("clusters")
    named = tuple(clusters) if isinstance(clusters, Mapping) else ()
    return Layer(tuple(walk.assignments), named, tuple(walk.problems))


class _Walk:
    """One walk through a document, along the known tree."""

    def __init__(self, source: Callable[[Keys], str], folder: Path | None) -> None:
        self.assignments: list[Assignment] = []
        self.problems: list[str] = []
        self._source = source
        self._folder = folder

    def table(self, document: Mapping[str, Any], known: Table, keys: Keys) -> None:
        if known.ignored:
            return
        for key, value in document.items():
            self._key((*keys, str(key)), value, known)

    def _key(self, keys: Keys, value: object, known: Table) -> None:
        key = keys[-1]
        if key in known.leaves:
            self._assign(keys, value)
        elif key in known.tables:
            self._below(keys, value, known.tables[key])
        elif known.each is not None:
            self._named(keys, value, known.each)
        elif known.free is not None:
            self._free(keys[:-1], key, value)
        else:
            self._unknown(keys, known)

    def _assign(self, keys: Keys, value: object) -> None:
        if isinstance(value, Flag):
            if value.value is not None:
                self.assignments.append(Assignment(keys, value.value, f"flag {value.name}"))
        elif value is not None:
            self.assignments.append(Assignment(keys, value, self._source(keys), self._folder))

    def _below(self, keys: Keys, value: object, known: Table) -> None:
        if isinstance(value, Mapping):
            self.table(value, known, keys)
        elif not known.ignored:
            self.problems.append(f"{self._source(keys)}: {'.'.join(keys)} must be a table, [{'.'.join(keys)}]")

    def _named(self, keys: Keys, value: object, known: Table) -> None:
        if not CLUSTER_NAME.fullmatch(keys[-1]):
            self.problems.append(
                f"{self._source(keys)}: {keys[-1]!r} cannot be a cluster's name;"
                " use letters, digits, - and _, at most 63"
            )
            return
        self._below(keys, value, known)

    def _free(self, table: Keys, key: str, value: object) -> None:
        """A dotted key, written in quotes as one, or without as tables within tables."""
        if isinstance(value, Mapping):
            for name, below in value.items():
                self._free(table, f"{key}.{name}", below)
            return
        # Written without quotes the key is a path of tables, and only that has a line of its own.
        whole, parts = self._source((*table, key)), self._source((*table, *key.split(".")))
        self.assignments.append(Assignment((*table, key), value, parts if len(parts) > len(whole) else whole))

    def _unknown(self, keys: Keys, known: Table) -> None:
        where = f"in [{'.'.join(keys[:-1])}]" if keys[:-1] else "at the top"
        hint = did_you_mean(keys[-1], known.names)
        self.problems.append(f"{self._source(keys)}: unknown key {keys[-1]!r} {where}{hint}")


def known_leaves(schema: Table, keys: Keys, clusters: tuple[str, ...]) -> Iterator[Keys]:
    """The keys of every value that can be set, for these clusters."""
    for name in schema.leaves:
        yield (*keys, name)
    for name, below in schema.tables.items():
        yield from known_leaves(below, (*keys, name), clusters)
    if schema.each is not None:
        for cluster in clusters:
            yield from known_leaves(schema.each, (*keys, cluster), clusters)
