"""Where decisions are kept: one PostgreSQL pool, in the dialect that Aurora DSQL accepts."""

from sre_copilot.store.database import FixedDatabase
from sre_copilot.store.errors import StorageUnavailable, TooLargeToStore
from sre_copilot.store.rows import KeptReceipt, KnownCluster, NotificationRow, Timeline, TimelineRow
from sre_copilot.store.store import Store

__all__ = [
    "FixedDatabase",
    "KeptReceipt",
    "KnownCluster",
    "NotificationRow",
    "StorageUnavailable",
    "Store",
    "Timeline",
    "TimelineRow",
    "TooLargeToStore",
]
