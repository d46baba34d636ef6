"""How far each file was read, in a form that survives restarts, rotation, truncation and compression.

A file is known by the checksum of its first bytes, because rotation changes its name, compression its inode,
and truncation leaves both as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import attrs

FINGERPRINT_BYTES = 256
"""Enough to take in the first line's time, which no two files share."""

MOST_FILES = 60
"""A cursor may have 4 kB; a place takes some fifty bytes."""


@attrs.frozen
class Place:
    """How far one file was read."""

    inode: int
    length: int
    """How many bytes the checksum covers: fewer than 256 in a file that was shorter when it was read."""
    checksum: int
    offset: int
    """Bytes that were read, counted in the file's uncompressed form."""


def encode(places: Iterable[Place]) -> str:
    """The cursor for these places, newest last; the oldest are dropped where there are too many."""
    kept = list(places)[-MOST_FILES:]
    return json.dumps([[p.inode, p.length, p.checksum, p.offset] for p in kept], separators=(",", ":"))


def decode(cursor: str) -> tuple[Place, ...] | None:
    """The places of a cursor; ``None`` for the empty one and for one that is not ours, which is a beginning."""
    try:
        read = json.loads(cursor)
        return tuple(Place(*(int(number) for number in entry)) for entry in read)
    except (ValueError, TypeError):
        return None
