"""Text that fits into a column."""

from __future__ import annotations

import attrs

from sre_copilot.store.errors import TooLargeToStore

COLUMN_LIMIT = 1024 * 1024
"""Bytes a column may have. Source: the quotas of Aurora DSQL; PostgreSQL would take 1 GiB."""


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot keep: the zero character and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@attrs.frozen
class Oversized:
    """A document that does not fit."""

    id: str
    what: str
    """Such as ``the receipt of cluster prod at 2026-01-01T00:00:00Z``."""
    size: int


def refuse_oversized(found: list[Oversized]) -> None:
    """Name the largest of the documents that do not fit into a column.

    :raises TooLargeToStore: if there are any.
    """
    if not found:
        return
    largest = max(found, key=lambda one: one.size)
    raise TooLargeToStore(
        f"{largest.what} has {largest.size:,} bytes; a column holds {COLUMN_LIMIT:,}."
        " Lower the number of labelled values that signals keep, or of task queues that are watched.",
        tuple(dict.fromkeys(one.id for one in found)),
    )
