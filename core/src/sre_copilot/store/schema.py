"""The tables, as numbered migrations of single statements.

Every statement runs in a transaction of its own and may be run again, so a migration that was interrupted,
or that two processes run at once, ends in the same schema. Keys are hashes and random ids, JSON is text,
rows refer to each other by id and nothing checks it: what Aurora DSQL accepts, PostgreSQL does too.
"""

from __future__ import annotations

import attrs

from sre_copilot.store import schema_assessments
from sre_copilot.store.schema_logs import LOG_PATTERN_GATES, LOG_PATTERNS, LOG_WINDOWS
from sre_copilot.store.schema_readings import READING_BLOCKS, READING_BLOCKS_BY_CLUSTER

ADD_INDEX = "CREATE INDEX {asynchronously}IF NOT EXISTS "


@attrs.frozen
class Migration:
    """One step of the schema."""

    version: int
    name: str
    statements: tuple[str, ...]

    def spelt(self, *, asynchronous_indexes: bool) -> tuple[str, ...]:
        """The statements for a database that makes indexes in the background, or at once."""
        word = "ASYNC " if asynchronous_indexes else ""
        return tuple(statement.format(asynchronously=word) for statement in self.statements)


SCHEMA_MIGRATIONS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL
)
"""

DECISIONS = """
CREATE TABLE IF NOT EXISTS decisions (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    before text NOT NULL,
    band text NOT NULL,
    mode text NOT NULL,
    cause text NOT NULL,
    reason text NOT NULL,
    visibility double precision NOT NULL,
    confidence double precision NOT NULL,
    cycle_seconds double precision NOT NULL,
    changed boolean NOT NULL,
    ruleset text NOT NULL,
    engine text NOT NULL,
    receipt text NOT NULL,
    status text NOT NULL
)
"""

STATE_CHANGES = """
CREATE TABLE IF NOT EXISTS state_changes (
    decision_id uuid PRIMARY KEY,
    cluster text NOT NULL,
    at timestamptz NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    cause text NOT NULL,
    reason text NOT NULL
)
"""

RULESETS = """
CREATE TABLE IF NOT EXISTS rulesets (
    digest text PRIMARY KEY,
    engine text NOT NULL,
    document text NOT NULL,
    first_used timestamptz NOT NULL
)
"""

CLUSTERS = """
CREATE TABLE IF NOT EXISTS clusters (
    name text PRIMARY KEY,
    cycle_seconds double precision NOT NULL,
    added_at timestamptz NOT NULL,
    removed_at timestamptz
)
"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "decisions",
        (
            DECISIONS,
            ADD_INDEX + "decisions_by_cluster ON decisions (cluster, at)",
            STATE_CHANGES,
            ADD_INDEX + "state_changes_by_cluster ON state_changes (cluster, at)",
            RULESETS,
            CLUSTERS,
        ),
    ),
    Migration(2, "readings in columns", (READING_BLOCKS, ADD_INDEX + READING_BLOCKS_BY_CLUSTER)),
    Migration(
        3,
        "log patterns",
        (
            LOG_WINDOWS,
            ADD_INDEX + "log_windows_by_cluster ON log_windows (cluster, until)",
            LOG_PATTERNS,
            ADD_INDEX + "log_patterns_by_cluster ON log_patterns (cluster, until)",
            ADD_INDEX + "log_patterns_by_window ON log_patterns (window_id)",
        ),
    ),
    Migration(4, "assessments", schema_assessments.STATEMENTS),
    Migration(
        5,
        "gates beside log patterns",
        (
            LOG_PATTERN_GATES,
            ADD_INDEX + "log_pattern_gates_by_pattern ON log_pattern_gates (pattern_id)",
            ADD_INDEX + "log_pattern_gates_by_cluster ON log_pattern_gates (cluster, until)",
        ),
    ),
)
"""In order of their numbers. A published one is never edited; a change is a new one."""
