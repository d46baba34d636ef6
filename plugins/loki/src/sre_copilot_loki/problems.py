"""Why a question to Loki has no answer."""

from __future__ import annotations

_LONGEST_QUOTE = 300


class LokiProblem(Exception):
    """A question was not answered; the text is a sentence for the person who has to mend it."""

    def __init__(self, sentence: str, *, retry_after: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """Seconds for which the server wants to be left alone."""


def refusal(status: int, content: bytes, retry_after: str | None, place: str) -> LokiProblem:
    """What an answer with an error status means. Loki explains itself in plain text."""
    said = _quoted(content.decode("utf-8", errors="replace"))
    because = f": {said}" if said else ""
    if status in (401, 403):
        return LokiProblem(f"{place} refuses our credentials or tenant ({status}){because}.")
    if status == 429:
        seconds = _seconds(retry_after)
        pause = f" for {seconds:g} s" if seconds else ""
        return LokiProblem(f"{place} turns us away{pause} for asking too often{because}.", retry_after=seconds)
    if status >= 500:
        return LokiProblem(f"{place} fails with {status}{because}.", retry_after=_seconds(retry_after))
    if status in (400, 422):
        return LokiProblem(f"{place} rejects the query{because}.")
    return LokiProblem(f"{place} answers {status}; is this the URL of a Loki?")


LONGEST_PAUSE = 300.0
"""Seconds: a server that asks for more is asked again all the same, because logs older than that explain little."""


def _seconds(retry_after: str | None) -> float:
    # The other form of the header, a date, is not used by Loki nor by the proxies in front of it.
    try:
        return min(LONGEST_PAUSE, max(0.0, float(retry_after or 0)))
    except ValueError:
        return 0.0


def _quoted(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    # A page of a proxy in front of Loki says nothing that its status does not.
    if line.startswith("<"):
        return ""
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
