"""The plugin manager: find, register, validate, isolate, list.

Only what a plugin returns leaves this room, each value with the name of the plugin it came from. A plugin
that fails is named, left out and reported; a mistake in what the user asked for by name ends the program.
"""
