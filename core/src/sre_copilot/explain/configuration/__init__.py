"""Explanations of configuration: one parameter, a preset's reasoning, a compiled profile's whole composition.

All are written from declarations and resolved values, and from nothing else, so they say the same every time.
"""
