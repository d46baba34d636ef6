"""Temporal workflows and activities: thin, deterministic where they must be, calling the rooms below."""
