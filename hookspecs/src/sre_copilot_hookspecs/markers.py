"""The two markers that tie a plugin to the copilot: ``hookspec`` and ``hookimpl``."""

from __future__ import annotations

import pluggy

PROJECT = "sre_copilot"
"""The name pluggy files our hooks under, and the entry-point group of every plugin."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
