"""Where decisions are kept: one PostgreSQL pool, in the dialect that Aurora DSQL accepts."""

from sre_copilot.store.database import FixedDatabase
from sre_copilot.store.errors import StorageUnavailable, TooLargeToStore
from sre_copilot.store.rows import (
    ClusterHead,
    KeptReceipt,
    KnownCluster,
    LoggedPattern,
    LogWindow,
    NotificationRow,
    Stretch,
    Stretches,
    Timeline,
    TimelineRow,
)
from sre_copilot.store.store import Store

__all__ = [
    "ClusterHead",
    "FixedDatabase",
    "KeptReceipt",
    "KnownCluster",
    "LogWindow",
    "LoggedPattern",
    "NotificationRow",
    "StorageUnavailable",
    "Store",
    "Stretch",
    "Stretches",
    "Timeline",
    "TimelineRow",
    "TooLargeToStore",
]
