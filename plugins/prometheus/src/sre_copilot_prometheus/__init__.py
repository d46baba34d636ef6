"""Reads signals from a Prometheus server, or from anything that answers like one."""
