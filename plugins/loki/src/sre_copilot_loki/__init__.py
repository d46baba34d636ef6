"""Reads log lines from Grafana Loki."""
