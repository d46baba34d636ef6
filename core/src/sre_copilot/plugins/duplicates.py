"""One key, one owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sre_copilot.health.declarations import Declared
from sre_copilot.plugins.expectations import key_of
from sre_copilot_hookspecs.errors import DeclarationError


def check_duplicates(hook: str, declared: Iterable[Declared[object]], describe: Callable[[str], str]) -> None:
    """Refuse two declarations of one hook with one key.

    Nobody can tell which of the two is meant, so this ends the program instead of leaving one out.

    :param describe: from a plugin's name to how a sentence names it.
    :raises DeclarationError: naming the key and both plugins.
    """
    owners: dict[tuple[str, str], str] = {}
    for entry in declared:
        for what, key in _claims(hook, entry.value):
            first = owners.get((what, key))
            if first is not None:
                raise DeclarationError(_says(what, key, first, entry.plugin, describe))
            owners[what, key] = entry.plugin


def _says(what: str, key: str, first: str, second: str, describe: Callable[[str], str]) -> str:
    if first == second:
        return f"{describe(first)} declares {what} {key!r} twice; rename one of them"
    return (
        f"{what} {key!r} is declared by {describe(first)} and by {describe(second)}; a key belongs to one"
        f" plugin, so rename one of them, or leave one plugin out with -p no:{second}"
    )


def _claims(hook: str, value: object) -> Iterator[tuple[str, str]]:
    """Everything a declaration claims for itself, as pairs of what it is and its key."""
    key = key_of(value)
    if key is not None:
        # The same table name may stand once at the top and once in each cluster.
        per_cluster = " for clusters" if getattr(value, "per_cluster", False) else ""
        yield _noun(hook) + per_cluster, key
    for finding in getattr(value, "finds", ()):
        yield "finding", finding
    for threshold in getattr(value, "thresholds", ()):
        yield "threshold", threshold.key


def _noun(hook: str) -> str:
    """The singular of what a hook is named after: ``copilot_worker_rules`` is about a ``worker rule``."""
    if hook == "copilot_settings":
        return "settings section"
    return hook.removeprefix("copilot_").removesuffix("s").replace("_", " ")
