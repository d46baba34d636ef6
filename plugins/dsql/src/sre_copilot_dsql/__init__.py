"""Knows Aurora DSQL: its settings, limits, connection budget and log lines."""
