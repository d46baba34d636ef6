"""The name somebody probably meant, under its name for the rooms from here on up."""

from sre_copilot_hookspecs.nearest import did_you_mean, nearest

__all__ = ["did_you_mean", "nearest"]
