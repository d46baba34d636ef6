"""The tables of log patterns: what each window of a cluster's log came to. No raw line is ever kept."""

from __future__ import annotations

LOG_WINDOWS = """
CREATE TABLE IF NOT EXISTS log_windows (
    id uuid PRIMARY KEY,
    cluster text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    lines integer NOT NULL,
    unmatched integer NOT NULL,
    oddities text NOT NULL,
    problems text NOT NULL
)
"""

LOG_PATTERNS = """
CREATE TABLE IF NOT EXISTS log_patterns (
    id uuid PRIMARY KEY,
    window_id uuid NOT NULL,
    cluster text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    pattern text NOT NULL,
    service text NOT NULL,
    severity text NOT NULL,
    lines integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    template text NOT NULL,
    sample text NOT NULL,
    means text NOT NULL,
    remedy text NOT NULL,
    supports text NOT NULL,
    is_new boolean NOT NULL
)
"""

LOG_PATTERN_GATES = """
CREATE TABLE IF NOT EXISTS log_pattern_gates (
    id uuid PRIMARY KEY,
    pattern_id uuid NOT NULL,
    cluster text NOT NULL,
    until timestamptz NOT NULL,
    pattern text NOT NULL,
    service text NOT NULL,
    gate text NOT NULL,
    fired_at timestamptz NOT NULL,
    lag_seconds double precision NOT NULL
)
"""
