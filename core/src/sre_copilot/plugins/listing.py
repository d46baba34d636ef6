"""The plugins as ``sre-copilot plugins`` shows them."""

from __future__ import annotations

import enum

import attrs

from sre_copilot.plugins.found import FoundPlugin, Origin
from sre_copilot.plugins.installed import InstalledPlugin


class PluginStatus(enum.Enum):
    """What became of a plugin."""

    OK = "ok"
    FAILED = "failed"
    """A hook of it failed, or it could not be imported."""
    SUSPENDED = "suspended"
    """Something of it hung; its evaluators and parsers are not called again until restart."""
    BLOCKED = "blocked"
    """Left out by ``-p no:NAME``."""


@attrs.frozen
class PluginEntry:
    """One plugin, asked for, installed or blocked."""

    name: str
    status: PluginStatus
    reason: str = ""
    """Why it is not ok."""
    version: str = ""
    distribution: str = ""
    origin: Origin | None = None
    """``None`` where a blocked plugin is not installed at all."""
    where: str = ""
    """Module or file."""
    hooks: tuple[str, ...] = ()
    """The hooks it implements."""
    declarations: tuple[tuple[str, int], ...] = ()
    """Pairs of hook and number of declarations, for hooks that need no settings."""


def entry_of(
    found: FoundPlugin,
    status: PluginStatus,
    reason: str,
    *,
    hooks: tuple[str, ...] = (),
    declarations: tuple[tuple[str, int], ...] = (),
) -> PluginEntry:
    """The entry of a plugin that was found."""
    return PluginEntry(
        found.name,
        status,
        reason,
        found.version,
        found.distribution,
        found.origin,
        found.where,
        hooks,
        declarations,
    )


def blocked_entry(name: str, point: InstalledPlugin | None) -> PluginEntry:
    """The entry of a plugin that was left out by request."""
    if point is None:
        return PluginEntry(name, PluginStatus.BLOCKED, f"-p no:{name}; no plugin of this name is installed")
    found = FoundPlugin(name, None, Origin.ENTRY_POINT, point.module, installed=point)
    return entry_of(found, PluginStatus.BLOCKED, f"-p no:{name}")
