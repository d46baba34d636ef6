"""What the store cannot do, as one sentence for a person."""

from __future__ import annotations

from sre_copilot_hookspecs import CopilotError


class StorageUnavailable(CopilotError):
    """The database cannot be reached, does not answer in time, or refuses. Trying again later is right."""


class TooLargeToStore(CopilotError):
    """A document is larger than a column may be. Trying again is useless; nothing was written."""

    def __init__(self, says: str, ids: tuple[str, ...]) -> None:
        super().__init__(says)
        self.ids = ids
        """Ids of the decisions, or digests of the rulesets, that do not fit."""
