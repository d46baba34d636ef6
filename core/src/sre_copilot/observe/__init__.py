"""Runs sources and evaluators under deadlines; whatever they do, an observation comes back in time."""

from sre_copilot.observe.observer import Observer

__all__ = ["Observer"]
