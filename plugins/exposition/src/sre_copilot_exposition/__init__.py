"""Reads signals directly from Prometheus exposition endpoints."""
