"""Small words: lists, capitals, moments. Numbers are put into words by :mod:`sre_copilot.health.sentences`."""

from __future__ import annotations

from collections.abc import Sequence

from whenever import Instant, TimeDelta

from sre_copilot.health.sentences import quantity
from sre_copilot_hookspecs import Unit

_DAY = TimeDelta(hours=24)


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def capital(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """A sentence as part of another one: no capital, unless the word is an abbreviation, and no full stop."""
    begins_plainly = text[1:2].islower() or text[1:2] == " "
    return (text[:1].lower() if begins_plainly else text[:1]) + text[1:].rstrip(".")


def joined(sentences: Sequence[str]) -> str:
    """Whole sentences in a row; empty ones are left out."""
    return " ".join(sentence for sentence in sentences if sentence)


def noun(signal: str) -> str:
    """A signal's key as a noun: ``state transitions`` for ``history.state_transitions``."""
    return signal.rpartition(".")[2].replace("_", " ")


def moment(instant: Instant, now: Instant) -> str:
    """An instant as a person says it: the time alone within a day, else with its date; always UTC."""
    text = instant.format_iso(unit="second")
    time = f"{text[11:19]} UTC"
    return time if now - instant < _DAY else f"{text[:10]} {time}"


def lasting(since: Instant, until: Instant) -> str:
    """The time between two instants, such as ``4.5 min``."""
    return quantity((until - since).total("seconds"), Unit.SECONDS)
