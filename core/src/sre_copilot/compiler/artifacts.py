"""Which files a configuration becomes, and from which adapters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sre_copilot.compiler.compiled import Problem
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs.configuration import Adapter, Artifact
from sre_copilot_hookspecs.errors import DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.nearest import did_you_mean
from sre_copilot_hookspecs.resolved import Configuration

ALL = "all"
"""What is said for every adapter of a kind."""

CHOSEN = ("sdk", "platform")
"""Kinds of which somebody chooses. Adapters of every other kind always write."""


def unknown_choices(adapters: Iterable[Declared[Adapter]], chosen: dict[str, str]) -> tuple[Problem, ...]:
    """A problem for each choice that no adapter answers to.

    :param chosen: from the kind to the adapter's key, or to ``all``.
    """
    offered = {kind: [entry.value.key for entry in adapters if entry.value.kind == kind] for kind in CHOSEN}
    return tuple(
        Problem(f"--{kind}: there is no {kind} {key!r}{did_you_mean(key, [*offered[kind], ALL])}")
        for kind, key in chosen.items()
        if key not in (*offered[kind], ALL)
    )


def artifacts_of(
    adapters: Iterable[Declared[Adapter]],
    chosen: dict[str, str],
    configuration: Configuration,
    explanation: Explanation,
) -> tuple[Artifact, ...]:
    """Every file, by its path.

    :param chosen: from the kind to the adapter's key, or to ``all``.
    :raises DeclarationError: if an adapter fails, leaves the output folder, or writes what another one wrote.
    """
    found: dict[str, tuple[str, Artifact]] = {}
    for entry in adapters:
        if entry.value.kind in CHOSEN and chosen[entry.value.kind] not in (ALL, entry.value.key):
            continue
        who = f"plugin {entry.plugin!r}, adapter {entry.value.key!r}"
        for artifact in _written(entry.value, who, configuration, explanation):
            _check_path(artifact.path, who)
            first, _ = found.setdefault(artifact.path, (who, artifact))
            if first != who:
                raise DeclarationError(f"{who} writes {artifact.path}, as does {first}; a file belongs to one adapter")
    return tuple(found[path][1] for path in sorted(found))


def _written(adapter: Adapter, who: str, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:
    try:
        return adapter.artifacts(configuration, explanation)
    except Exception as error:
        why = " ".join(str(error).split())
        raise DeclarationError(f"{who} failed: {type(error).__name__}: {why}") from error


def _check_path(path: str, who: str) -> None:
    parts = path.split("/")
    if not path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise DeclarationError(f"{who} writes to {path!r}; give a path inside of the output folder")
