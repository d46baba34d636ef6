"""The keys of Temporal's parameters that connections depend on, and the sums over its services."""

from __future__ import annotations

TRANSITIONS = "target_state_transitions_per_sec"

INSTANCES = ("history.replicas", "matching.replicas", "frontend.replicas", "worker.replicas")
"""Every instance of these opens a pool of its own."""

LARGE = 500
"""State transitions a second from which instances share their budgets instead of dividing them."""

WITH_RESERVOIR = 50
"""State transitions a second from which connections are made ahead of need."""
