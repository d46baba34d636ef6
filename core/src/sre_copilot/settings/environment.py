"""Environment variables: ``SRE_COPILOT_`` and the keys in capitals, joined by underscores.

``SRE_COPILOT_API_PORT`` is ``api.port``, ``SRE_COPILOT_CLUSTERS_PROD_TEMPORAL_ADDRESS`` is
``clusters.prod.temporal.address``. A hyphen or a dot of a name is an underscore too. Which underscore joins
and which belongs to a name follows from the known keys; a variable that could mean two of them is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from sre_copilot.settings.document import Keys
from sre_copilot.settings.layers import CLUSTER_NAME, Assignment, Layer, known_leaves
from sre_copilot.settings.requested import PREFIX
from sre_copilot.settings.schema import Leaf, Table
from sre_copilot.settings.values import WrongValue, parse
from sre_copilot_hookspecs.nearest import nearest

NO_SETTINGS = frozenset({"SRE_COPILOT_VENV"})
"""Variables with our prefix that speak to somebody else: this one tells dev.py where to install."""


@attrs.frozen
class _Meaning:
    """What a variable may mean."""

    keys: Keys
    leaf: Leaf | None
    """``None`` where the keys belong to a plugin that is not there."""


def variable(keys: Keys) -> str:
    """The environment variable of a setting."""
    return PREFIX + "_".join(_spelt(key) for key in keys)


def of_environment(
    environment: Mapping[str, str],
    schema: Table,
    clusters: tuple[str, ...],
    thresholds: Callable[[], tuple[str, ...]],
) -> Layer:
    """What the environment sets.

    :param clusters: names of the clusters known so far; variables may add more.
    :param thresholds: asked for the known threshold keys if a variable seems to mean one.
    """
    reader = _Reader(schema, clusters, thresholds)
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in NO_SETTINGS:
            reader.read(name, environment[name])
    return Layer(tuple(reader.assignments), tuple(reader.named), tuple(reader.problems))


def _spelt(key: str) -> str:
    return key.upper().replace("-", "_").replace(".", "_")


class _Reader:
    def __init__(self, schema: Table, clusters: tuple[str, ...], thresholds: Callable[[], tuple[str, ...]]) -> None:
        self.assignments: list[Assignment] = []
        self.named: list[str] = []
        self.problems: list[str] = []
        self._schema = schema
        self._clusters = clusters
        self._thresholds = thresholds

    def read(self, name: str, text: str) -> None:
        meanings = list(self._meanings(self._schema, name.removeprefix(PREFIX), ()))
        if not meanings:
            self._unknown(name)
        elif len(meanings) > 1:
            either = " or ".join(".".join(meaning.keys) for meaning in meanings)
            self.problems.append(f"environment {name} could mean {either}; set it in the file instead")
        elif meanings[0].leaf is not None:
            self._assign(name, text, meanings[0].keys, meanings[0].leaf)

    def _assign(self, name: str, text: str, keys: Keys, leaf: Leaf) -> None:
        if keys[0] == "clusters" and keys[1] not in (*self._clusters, *self.named):
            self.named.append(keys[1])
        try:
            value = parse(text, leaf.kind)
        except WrongValue:
            # Left as text, so that it is refused together with the wrong values of all other layers.
            value = text
        self.assignments.append(Assignment(keys, value, f"environment {name}"))

    def _unknown(self, name: str) -> None:
        known = [variable(keys) for keys in known_leaves(self._schema, (), (*self._clusters, *self.named))]
        near = nearest(name, known)
        hint = f"; did you mean {near}?" if near else ""
        self.problems.append(f"environment {name}: there is no such setting{hint}")

    def _meanings(self, table: Table, rest: str, keys: Keys) -> Iterator[_Meaning]:
        if table.ignored:
            yield _Meaning(keys, None)
            return
        for key, leaf in table.leaves.items():
            if _spelt(key) == rest:
                yield _Meaning((*keys, key), leaf)
        for key, below in table.tables.items():
            if rest.startswith(_spelt(key) + "_"):
                yield from self._meanings(below, rest[len(key) + 1 :], (*keys, key))
        if table.free is not None:
            yield from (_Meaning((*keys, key), table.free) for key in self._thresholds() if _spelt(key) == rest)
        if table.each is not None:
            yield from self._named(table.each, rest, keys)

    def _named(self, table: Table, rest: str, keys: Keys) -> Iterator[_Meaning]:
        known = {name: _spelt(name) for name in (*self._clusters, *self.named)}
        for name, spelt in known.items():
            if rest.startswith(spelt + "_"):
                yield from self._meanings(table, rest[len(spelt) + 1 :], (*keys, name))
        for at, letter in enumerate(rest):
            name = rest[:at].lower()
            if letter == "_" and rest[:at] not in known.values() and CLUSTER_NAME.fullmatch(name):
                yield from self._meanings(table, rest[at + 1 :], (*keys, name))
