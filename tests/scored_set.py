"""The scored set: recorded decisions about situations whose true cause is known."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import attrs

from sre_copilot.health.decision import Decision
from sre_copilot.health.encoding import from_document
from sre_copilot.health.ruleset import Ruleset

FILE = Path(__file__).parent / "data" / "scored" / "decisions.json.gz"


@attrs.frozen
class Label:
    """What was done to the cluster."""

    cause: str
    """Key of the true cause; ``none`` where nothing was done."""
    blamed: tuple[str, ...] = ()
    """Services that are to blame; every other one is innocent."""
    suffers: tuple[str, ...] = ()
    """Innocent services that cannot do their work meanwhile."""
    may_be_none: bool = False
    """The cause may be over, and nobody named."""
    also: tuple[str, ...] = ()
    """Causes that are true as well."""


@attrs.frozen
class Entry:
    """One decision and the truth about it."""

    situation: str
    label: Label
    decision: Decision

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.situation}-{self.decision.state.value}-{self.decision.at.format_iso()[14:19].replace(':', '')}"


@cache
def scored() -> tuple[Ruleset, tuple[Entry, ...]]:
    """The rules of the set, and its entries."""
    document = json.loads(gzip.decompress(FILE.read_bytes()))
    entries = tuple(
        Entry(found["situation"], _label(found["label"]), from_document(found["decision"], Decision))
        for found in document["entries"]
    )
    return from_document(document["ruleset"], Ruleset), entries


def _label(found: dict[str, object]) -> Label:
    return from_document(found, Label)
