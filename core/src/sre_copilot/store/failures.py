"""What an error of the driver means: worth another attempt, a lost connection, or a sentence for a person."""

from __future__ import annotations

import asyncpg

from sre_copilot.store.errors import StorageUnavailable

CONFLICTS = frozenset({"40001", "40P01", "OC000", "OC001"})
"""Conflicts and deadlocks of PostgreSQL; Aurora DSQL's codes for changed rows and a changed schema."""

DDL_RACES = frozenset({"23505", "42P07", "42710", "XX000"})
"""What the slower of two processes meets when both make the same table at once."""

Failure = asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError | StorageUnavailable
"""Everything that can be wrong with a database. TimeoutError is an OSError, and an internal client error is what
the driver raises when it uses a connection at the very moment in which the server ends it."""

FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    StorageUnavailable,
)


def is_conflict(error: Exception) -> bool:
    """Whether the whole transaction may simply be tried again."""
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    return getattr(error, "sqlstate", None) in CONFLICTS


def is_ddl_race(error: Exception) -> bool:
    """Whether a schema statement failed because somebody else runs it too."""
    return is_conflict(error) or getattr(error, "sqlstate", None) in DDL_RACES


def is_lost(error: Exception) -> bool:
    """Whether there is no connection any more, or none could be made."""
    if isinstance(error, asyncpg.DataError):
        return False
    return isinstance(
        error,
        (
            OSError,
            StorageUnavailable,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.TooManyConnectionsError,
        ),
    )


def as_unavailable(error: Failure, place: str) -> StorageUnavailable:
    """The sentence that says what is wrong."""
    if isinstance(error, StorageUnavailable):
        return error
    if isinstance(error, asyncpg.UndefinedTableError):
        return StorageUnavailable(
            f"The store ({place}) has no tables yet; the first worker that reaches it makes them."
        )
    if is_conflict(error):
        return StorageUnavailable(f"The store ({place}) had a conflict with another writer at every attempt.")
    if isinstance(error, TimeoutError):
        return StorageUnavailable(f"The store ({place}) did not answer in time.")
    if is_lost(error):
        return StorageUnavailable(f"The store ({place}) cannot be reached: {_first_line(error)}")
    return StorageUnavailable(f"The store ({place}) refused: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".") + "."
