"""Decides whether a Temporal cluster makes forward progress, and says why."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    # Looked up when asked for: reading the distribution's metadata costs more than most commands need.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("sre-copilot")
