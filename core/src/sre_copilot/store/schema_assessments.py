"""The tables of assessments, issues and notifications."""

from __future__ import annotations

ASSESSMENTS = """
CREATE TABLE IF NOT EXISTS assessments (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    at timestamptz NOT NULL,
    decision_id text NOT NULL,
    started_by text NOT NULL,
    state text NOT NULL,
    cause text NOT NULL,
    explained_by text NOT NULL,
    document text NOT NULL
)
"""

ISSUES = """
CREATE TABLE IF NOT EXISTS issues (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    cause text NOT NULL,
    service text NOT NULL,
    severity text NOT NULL,
    title text NOT NULL,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    resolved_at timestamptz
)
"""

NOTIFICATIONS = """
CREATE TABLE IF NOT EXISTS notifications (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    at timestamptz NOT NULL,
    notifier text NOT NULL,
    decision_id text NOT NULL,
    outcome text NOT NULL,
    detail text NOT NULL
)
"""

STATEMENTS = (
    ASSESSMENTS,
    "CREATE INDEX {asynchronously}IF NOT EXISTS assessments_by_cluster ON assessments (cluster, at)",
    ISSUES,
    "CREATE INDEX {asynchronously}IF NOT EXISTS issues_by_cluster ON issues (cluster, opened_at)",
    NOTIFICATIONS,
    "CREATE INDEX {asynchronously}IF NOT EXISTS notifications_by_cluster ON notifications (cluster, at)",
)
