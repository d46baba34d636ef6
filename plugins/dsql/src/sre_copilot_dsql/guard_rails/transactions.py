"""What one transaction and one column may hold."""

from __future__ import annotations

from collections.abc import Mapping

from sre_copilot_dsql import limits
from sre_copilot_hookspecs.configuration import GuardRail, Value, Verdict


def too_many_bytes(size: int) -> bool:
    """Whether the server attempts writes that DSQL refuses."""
    return size > limits.TRANSACTION_BYTES


def rows(batch: int) -> int:
    """Rows that one write of tasks changes: a row for each task and that of the queue."""
    return batch + 1


def too_many_rows(batch: int) -> bool:
    """Whether a write of tasks changes more rows than DSQL allows."""
    return rows(batch) > limits.TRANSACTION_ROWS


def row_figures(batch: int) -> Mapping[str, Value]:
    """The rows."""
    return {"rows": rows(batch)}


def blob_too_large(size: int) -> bool:
    """Whether the server accepts payloads that no column holds."""
    return size > limits.COLUMN_BYTES


TRANSACTIONS = (
    GuardRail(
        key="transaction_size_over_limit",
        inputs=("persistence.transactionSizeLimit",),
        violated=too_many_bytes,
        verdict=Verdict.ERROR,
        says="persistence.transactionSizeLimit is {persistence.transactionSizeLimit}, and DSQL refuses to change more"
        " than 10485760 bytes in one transaction (54000).",
        source="DSQL: 10 MiB a transaction.",
    ),
    GuardRail(
        key="transaction_rows",
        inputs=("matching.maxTaskBatchSize",),
        violated=too_many_rows,
        verdict=Verdict.ERROR,
        says="matching.maxTaskBatchSize {matching.maxTaskBatchSize} changes {rows} rows in one transaction, and DSQL"
        " refuses more than 3,000 (54000).",
        figures=row_figures,
        source="DSQL: 3,000 rows a transaction.",
    ),
    GuardRail(
        key="blob_over_column_limit",
        inputs=("limit.blobSize.error",),
        violated=blob_too_large,
        verdict=Verdict.WARNING,
        says="limit.blobSize.error is {limit.blobSize.error}, and a column of DSQL holds 1048576 bytes; larger payloads"
        " would be accepted and then fail to be written.",
        source="DSQL: 1 MiB a column.",
    ),
)
