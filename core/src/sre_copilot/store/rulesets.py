"""The rules that decided, in SQL: kept once, found by their digest, never thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenever import Instant

from sre_copilot.health.encoding import digest, from_json, to_json
from sre_copilot.health.ruleset import Ruleset
from sre_copilot.store.text import COLUMN_LIMIT, Oversized, refuse_oversized

if TYPE_CHECKING:
    from sre_copilot.store.connections import Pooled

ADD = """
INSERT INTO rulesets (digest, engine, document, first_used) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
FIND = "SELECT document FROM rulesets WHERE digest = $1"
DIGESTS = "SELECT digest FROM rulesets ORDER BY first_used DESC, digest"


def ruleset_row(ruleset: Ruleset, now: Instant) -> tuple[object, ...]:
    """A ruleset as it goes into its table.

    :raises TooLargeToStore: if it does not fit into a column.
    """
    name, document = digest(ruleset), to_json(ruleset)
    size = len(document.encode())
    if size > COLUMN_LIMIT:
        refuse_oversized([Oversized(name, f"The ruleset {name[:12]}", size)])
    return name, ruleset.engine, document, now


async def find_ruleset(connection: Pooled, wanted: str) -> Ruleset | None:
    """The rules with a digest."""
    document = await connection.fetchval(FIND, wanted)
    return None if document is None else from_json(document, Ruleset)


async def all_digests(connection: Pooled) -> tuple[str, ...]:
    """The digests of all rules, those that were used first last."""
    return tuple(row["digest"] for row in await connection.fetch(DIGESTS))
