"""Why a question to Prometheus has no answer."""

from __future__ import annotations

import enum

from sre_copilot_hookspecs import Missing, MissingReason


class Blame(enum.Enum):
    """What has to change for the question to be answered."""

    SERVER = "server"
    """The server, the network or the settings: no other question would be answered either."""
    SIZE = "size"
    """The question's size; its halves may be answered."""
    QUESTION = "question"
    """Some part of the question; the other parts may be answered."""


class QueryFailed(Exception):
    """A question was not answered; the text is a sentence for the person who has to mend it."""

    def __init__(self, reason: MissingReason, sentence: str, blame: Blame = Blame.SERVER) -> None:
        super().__init__(sentence)
        self.missing = Missing(reason, sentence)
        self.blame = blame


class CannotCompile(Exception):
    """An expression that these settings leave without a query."""

    def __init__(self, reason: MissingReason, sentence: str) -> None:
        super().__init__(sentence)
        self.missing = Missing(reason, sentence)
