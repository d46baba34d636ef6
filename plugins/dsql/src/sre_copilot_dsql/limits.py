"""What Aurora DSQL allows, from the quotas page of its user guide (CHAP_quotas), as of September 2026."""

from __future__ import annotations

CONNECTIONS = 10_000
"""Open connections to one cluster. May be raised through Service Quotas."""

CONNECTION_RATE = 100
"""New connections to one cluster each second. Cannot be raised."""

CONNECTION_BURST = 1_000
"""New connections at once, refilled at the rate. Cannot be raised."""

CONNECTION_SECONDS = 3600
"""Age at which the service closes a connection."""

TRANSACTION_SECONDS = 300
"""Age at which the service ends a transaction."""

TRANSACTION_ROWS = 3_000
"""Rows that one transaction may change."""

TRANSACTION_BYTES = 10 * 1024 * 1024
"""Bytes that one transaction may change."""

COLUMN_BYTES = 1024 * 1024
"""Bytes that one column of a row may hold."""

TOKEN_SECONDS = 900
"""Life of an authentication token for which no longer one was asked."""
