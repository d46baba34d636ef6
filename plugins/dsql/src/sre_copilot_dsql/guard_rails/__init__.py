"""Combinations of values that a DSQL cluster refuses, or that fail under load weeks later."""

from __future__ import annotations

from sre_copilot_dsql.guard_rails.budget import BUDGET
from sre_copilot_dsql.guard_rails.lifetimes import LIFETIMES
from sre_copilot_dsql.guard_rails.pools import POOLS
from sre_copilot_dsql.guard_rails.transactions import TRANSACTIONS
from sre_copilot_hookspecs.configuration import GuardRail

GUARD_RAILS: tuple[GuardRail, ...] = (*POOLS, *BUDGET, *LIFETIMES, *TRANSACTIONS)
