"""Finds passages of runbooks in folders of Markdown."""
