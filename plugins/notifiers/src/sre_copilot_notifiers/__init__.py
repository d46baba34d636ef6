"""Tells webhooks, chat rooms and the terminal about state changes."""
