"""Ids of windows of a log and of the patterns in them: who knows what they are about knows them."""

from __future__ import annotations

import uuid

from whenever import Instant

from sre_copilot.store.text import storable

_WINDOWS = uuid.UUID("5b1a2f0e-8c1f-4a58-9a51-6f0f5c0f6d11")
"""An arbitrary namespace of our own."""


def window_id(cluster: str, since: Instant) -> uuid.UUID:
    """One for each beginning of a window: a cluster has one reader, whose windows follow each other."""
    return uuid.uuid5(_WINDOWS, f"{cluster}\n{since.format_iso()}")


def pattern_id(cluster: str, since: Instant, pattern: str, service: str) -> uuid.UUID:
    """One for each kind of line of one service in a window."""
    return uuid.uuid5(window_id(cluster, since), storable(f"{pattern}\n{service}"))
