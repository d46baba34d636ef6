"""The name somebody probably meant."""

from sre_copilot.health.nearest import did_you_mean, nearest

__all__ = ["did_you_mean", "nearest"]
