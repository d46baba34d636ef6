"""Reads log lines from files and folders."""
