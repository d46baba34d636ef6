"""Renders explanations as text, Markdown, JSON and HTML."""
