"""Which files a configuration becomes, and from which adapters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sre_copilot.compiler.compiled import Problem
from sre_copilot.health.declarations import Declared
from sre_copilot_hookspecs.configuration import Adapter, Artifact
from sre_copilot_hookspecs.errors import CopilotError, DeclarationError
from sre_copilot_hookspecs.explanations import Explanation
from sre_copilot_hookspecs.nearest import did_you_mean
from sre_copilot_hookspecs.resolved import Configuration

ALL = "all"
"""What is said for every adapter of a kind."""

CHOSEN = ("sdk", "platform")
"""Kinds of which somebody chooses. Adapters of every other kind always write."""

_STEP = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""One step of a path: nothing hidden, nothing that leads out of the folder, the same on every system."""


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
    found: dict[str, Artifact] = {}
    owners: dict[str, str] = {}
    for entry in adapters:
        if entry.value.kind in CHOSEN and chosen[entry.value.kind] not in (ALL, entry.value.key):
            continue
        who = f"plugin {entry.plugin!r}, adapter {entry.value.key!r}"
        for artifact in _written(entry.value, who, configuration, explanation):
            _check(artifact, who)
            # What differs only in its case is one file on some systems.
            first = owners.setdefault(artifact.path.lower(), who)
            if first != who or artifact.path in found:
                raise DeclarationError(f"{who} writes {artifact.path}, as does {first}; a file belongs to one adapter")
            found[artifact.path] = artifact
    return tuple(found[path] for path in sorted(found))


def _written(adapter: Adapter, who: str, configuration: Configuration, explanation: Explanation) -> Sequence[Artifact]:
    try:
        return tuple(adapter.artifacts(configuration, explanation))
    except CopilotError as refused:
        raise DeclarationError(f"{who}: {refused}") from refused
    except Exception as error:
        why = " ".join(str(error).split())
        raise DeclarationError(f"{who} failed: {type(error).__name__}: {why}") from error


def _check(artifact: Artifact, who: str) -> None:
    if not all(_STEP.fullmatch(step) for step in artifact.path.split("/")):
        raise DeclarationError(
            f"{who} writes to {artifact.path!r}; give a path inside of the output folder like helm/values.yaml, of"
            " letters, digits, points, dashes and underscores"
        )
    if not isinstance(artifact.content, bytes):
        raise DeclarationError(f"{who}: the content of {artifact.path} is not bytes")
