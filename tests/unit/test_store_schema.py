"""The schema and every statement keep to what Aurora DSQL accepts."""

from __future__ import annotations

import re

import pytest

from sre_copilot.store import (
    assessments,
    clusters,
    decisions,
    issues,
    log_gates,
    logs,
    migrate,
    notifications,
    queries,
    readings,
    retention,
    rulesets,
)
from sre_copilot.store.schema import MIGRATIONS, SCHEMA_MIGRATIONS

REFUSED = {
    "foreign keys": r"\b(REFERENCES|FOREIGN\s+KEY)\b",
    "sequences": r"\b(SERIAL|BIGSERIAL|SEQUENCE|IDENTITY|NEXTVAL)\b",
    "JSON columns": r"\bJSONB?\b",
    "arrays": r"\[\]|\bARRAY\b|\bANY\s*\(",
    "network types": r"\b(INET|CIDR)\b",
    "temporary tables": r"\bTEMP(ORARY)?\b",
    "materialised views": r"\bMATERIALIZED\b",
    "partitions": r"\bPARTITION (?:OF|BY (?:RANGE|LIST|HASH)\b)",
    "tablespaces": r"\bTABLESPACE\b",
    "TRUNCATE": r"\bTRUNCATE\b",
    "VACUUM": r"\bVACUUM\b",
    "locks": r"\b(LOCK\s+TABLE|PG_ADVISORY\w*|FOR\s+SHARE)\b",
    "notifications": r"\b(LISTEN|NOTIFY|UNLISTEN)\b",
    "savepoints": r"\bSAVEPOINT\b",
    "triggers and functions": r"\b(TRIGGER|FUNCTION|PROCEDURE|LANGUAGE)\b",
    "extensions": r"\bEXTENSION\b",
    "collations": r"\bCOLLATE\b",
    "tables from queries": r"\bCREATE\s+TABLE\b[^(]*\bAS\b",
    "cursors": r"\bCURSOR\b",
    "isolation levels": r"\bISOLATION\b",
}

SCHEMA = [SCHEMA_MIGRATIONS] + [
    statement for migration in MIGRATIONS for statement in migration.spelt(asynchronous_indexes=True)
]
MODULES = (
    assessments,
    clusters,
    decisions,
    issues,
    log_gates,
    logs,
    migrate,
    notifications,
    queries,
    readings,
    retention,
    rulesets,
)
STATEMENTS = [
    text
    for module in MODULES
    for value in vars(module).values()
    for text in (value if isinstance(value, tuple) else (value,))
    if isinstance(text, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b", text)
]
INDEXES = [statement for statement in SCHEMA if "INDEX" in statement]


def test_there_is_something_to_check():
    assert len(SCHEMA) >= 7
    assert len(STATEMENTS) >= 15
    assert len(INDEXES) == 11


@pytest.mark.parametrize("feature", REFUSED)
def test_no_statement_uses_what_is_refused(feature: str):
    for statement in SCHEMA + STATEMENTS:
        found = re.search(REFUSED[feature], statement, re.IGNORECASE)
        assert found is None, f"{feature}: {found and found.group()} in {statement}"


def test_a_migration_is_single_statements_that_may_run_again():
    for statement in SCHEMA:
        assert ";" not in statement
        assert "IF NOT EXISTS" in statement


def test_indexes_are_asynchronous_on_aurora_and_plain_elsewhere():
    for statement in INDEXES:
        assert statement.startswith("CREATE INDEX ASYNC IF NOT EXISTS ")
    plain = [statement for migration in MIGRATIONS for statement in migration.spelt(asynchronous_indexes=False)]
    assert not any("ASYNC" in statement for statement in plain)
    assert sum(statement.startswith("CREATE INDEX IF NOT EXISTS ") for statement in plain) == len(INDEXES)


def test_index_columns_have_no_order():
    for statement in INDEXES:
        assert not re.search(r"\b(ASC|DESC)\b", statement)


def test_tables_have_keys_of_their_own_making():
    for statement in SCHEMA:
        if "CREATE TABLE" in statement:
            assert len(re.findall(r"\b(uuid|text|integer) PRIMARY KEY", statement)) == 1
            assert "DEFAULT" not in statement


def test_column_types_are_the_plain_ones():
    known = {"uuid", "text", "timestamptz", "double precision", "boolean", "integer"}
    for statement in SCHEMA:
        if "CREATE TABLE" not in statement:
            continue
        columns = re.findall(r"^    (\w+) ([a-z ]+?)(?: NOT NULL| PRIMARY KEY)?,?$", statement, re.MULTILINE)
        assert columns
        assert {kind for _, kind in columns} <= known


def test_migrations_are_numbered_upwards_from_one():
    versions = [migration.version for migration in MIGRATIONS]
    assert versions[0] == 1
    assert versions == sorted(set(versions))


def test_a_transaction_stays_far_below_the_limits():
    assert decisions.MOST_DECISIONS * 3 < 1000
    assert decisions.MOST_BYTES * 2 < 10 * 1024 * 1024
    assert retention.PORTION < 1000
