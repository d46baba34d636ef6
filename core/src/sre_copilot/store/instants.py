"""Instants straight into timestamptz columns and back, with no datetime in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenever import Instant

if TYPE_CHECKING:
    import asyncpg

EPOCH = Instant.from_utc(2000, 1, 1).timestamp(unit="nanosecond") // 1000
"""Microseconds from 1970 to PostgreSQL's own epoch."""


def to_microseconds(instant: Instant) -> tuple[int]:
    """What PostgreSQL stores. Nanoseconds are cut off: rounding up could lead into the next cycle."""
    return (instant.timestamp(unit="nanosecond") // 1000 - EPOCH,)


def from_microseconds(stored: tuple[int]) -> Instant:
    """The instant that was stored."""
    return Instant.from_timestamp((stored[0] + EPOCH) * 1000, unit="nanosecond")


async def teach_instants(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Make a connection speak of instants wherever PostgreSQL speaks of timestamptz."""
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        format="tuple",
        encoder=to_microseconds,
        decoder=from_microseconds,
    )
