"""Plugins that failed."""

from __future__ import annotations

import attrs


@attrs.frozen
class PluginFailure:
    """One thing a plugin could not do. It was left out, and everything else goes on."""

    plugin: str
    hook: str
    """The hook, or ``import``."""
    says: str
    """The whole sentence, naming plugin and hook."""
