"""Embedded Temporal and PostgreSQL servers, and the workload of the demo."""
