"""A state change in words, for every medium."""

from __future__ import annotations

from sre_copilot_hookspecs import HealthState, StateChange

TOLD = ("trigger", "cause", "actors", "meaning")
"""Paragraphs that go into a message, in the order in which somebody woken up reads them."""
LONGEST = 3000
"""Characters of a message. Chat rooms fold longer ones."""


def headline(change: StateChange) -> str:
    """``prod is critical: no workers``."""
    if change.explanation is not None:
        return change.explanation.title
    cause = f": {change.cause}" if change.cause != "none" else ""
    return f"{change.cluster} is {change.after.value}{cause}"


def summary(change: StateChange) -> str:
    """What a good colleague would write, without the headline."""
    explanation = change.explanation
    if explanation is None:
        return change.reason[:LONGEST]
    paragraphs = (explanation.paragraph(key) for key in TOLD)
    parts = [paragraph.text for paragraph in paragraphs if paragraph is not None and paragraph.text]
    if explanation.actions:
        parts.append("What to do: " + " ".join(action.says for action in explanation.actions))
    text = "\n".join(parts)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def is_over(change: StateChange) -> bool:
    """Whether there is nothing more to be done."""
    return change.after is HealthState.HAPPY
